"""Where shares are. What answers content and zips stands ahead of Django, so these addresses are written out here."""

from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from files.models.shares import Inbox, Share

PREFIX: Final = "/f/"


def page(share: Share) -> str:
    """Whole, to be passed on."""
    return settings.SITE_URL + reverse("files-sharing:show", args=[share.slug])


def inbox_page(inbox: Inbox) -> str:
    return settings.SITE_URL + reverse("files-sharing:send", args=[inbox.slug])


def content(slug: str, file: UUID, name: str, **asked: str) -> str:
    """``download="1"`` to save it; ``ticket`` of a counted download."""
    return _with(f"{PREFIX}{slug}/content/{file}/{quote(name, safe='')}", asked)


def zipped(slug: str, *, chosen: list[UUID] | None = None, folder: UUID | None = None, ticket: str = "") -> str:
    pairs = [*(("chosen", str(one)) for one in chosen or ()), *([("folder", str(folder))] if folder else [])]
    query = urlencode([*pairs, *([("ticket", ticket)] if ticket else [])])
    return f"{PREFIX}{slug}/zip" + (f"?{query}" if query else "")


def _with(path: str, asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path
