"""Who a request of a page comes from, and how far that lets it into a share."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from files.models.shares import Inbox, Share
from files.sharing import access
from files.sharing.downloads import Who
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from meatlizard.security.client_address import address_key
from shortener.redirect.agents import is_bot

UNLOCKED: Final = "share"
"""Cookie of a share's own path, until the browser is closed: that the password was given."""

SENDER: Final = "sender"
"""Cookie of an inbox's own path: a secret of the sender's, by which one's own files are known again."""

SENDER_SECONDS: Final = 30 * 86_400


def visit(request: HttpRequest, slug: str) -> access.Visit:
    """Raises NotFound; LimitReached for who tries many addresses."""
    try:
        return access.visit(request.user, slug, request.COOKIES.get(UNLOCKED, ""))
    except NotFound:
        access.note_miss(address_key(request))
        raise


def opened(request: HttpRequest, slug: str) -> access.Visit:
    """As :func:`files.sharing.access.opened`."""
    visit(request, slug)
    return access.opened(request.user, slug, request.COOKIES.get(UNLOCKED, ""))


def who(request: HttpRequest) -> Who:
    agent = request.headers.get("User-Agent", "")
    return Who(request.user if isinstance(request.user, User) else None, address_key(request), agent, is_bot(agent))


def remember(response: HttpResponseBase, row: Share | Inbox, proof: str) -> None:
    """Puts the proof into the browser, for this share alone."""
    name = "files-sharing:show" if isinstance(row, Share) else "files-sharing:send"
    set_cookie(response, UNLOCKED, proof, reverse(name, args=[row.slug]))


def set_cookie(response: HttpResponseBase, name: str, value: str, path: str, seconds: int | None = None) -> None:
    response.set_cookie(name, value, max_age=seconds, path=path, secure=settings.HTTPS, httponly=True, samesite="Lax")
