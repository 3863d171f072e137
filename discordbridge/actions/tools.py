"""What other apps do for members from Discord: pastes and short links."""

from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.ops import switches
from paste import actions as pastes
from paste.contents import Draft
from shortener.actions import links
from shortener.addresses import address_of
from shortener.details import Details


def paste(user: User, name: str, text: str, title: str = "") -> str:
    """The address of a new paste, which whoever knows it may read."""
    switches.may_change(user)
    made, _token = pastes.create(user, [Draft(name, text.encode())], title=title)
    return urljoin(settings.SITE_URL, reverse("paste:show", args=[made.slug]))


def shorten(user: User, target: str, slug: str = "") -> str:
    """The address of a new short link."""
    switches.may_change(user)
    details: Details = {"target": target}
    if slug:
        details["slug"] = slug
    return address_of(links.create(user, **details))
