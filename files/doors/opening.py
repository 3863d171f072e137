"""What these ways in add to the site, once it is ready."""

from django.utils.translation import gettext_lazy as _

from files.doors import sending
from files.library import slots
from meatlizard.api import registry


def open_all() -> None:
    from files.doors import services  # noqa: F401  (registers the long-running part)

    sending.open_doors()
    registry.add_scope(sending.UPLOAD, _("upload files, and nothing else"))
    slots.add_slot("top", "files/upload/_top.html", 10)
    slots.add_slot("head", "files/upload/_head.html")
    slots.add_slot("scripts", "files/upload/_scripts.html")
