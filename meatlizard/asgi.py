"""The site as an ASGI application: pages, websockets, and the life of the serving process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meatlizard.settings")

import django

django.setup(set_prefix=False)

from meatlizard import checks
from meatlizard.routing import WithServices, build

checks.refuse_unsafe()
application = WithServices(build())
