"""Who a request comes from, and how far that lets it into a paste: past a password, past the question whether to use up a view."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from meatlizard.errors import Forbidden, NotFound
from paste import actions
from paste.access import access_claimed, access_paste, is_owner
from paste.models import Paste

UNLOCKED, CLAIMED = "paste", "paste_read"
"""Cookies, of the paste's own path: that the password was given, that a view was used up."""

UNLOCKED_SECONDS = 12 * 3_600


@dataclass(frozen=True, slots=True)
class Visit:
    """``stands``: before the password, before the question, or at the paste itself."""

    paste: Paste
    stands: Literal["password", "confirm", "open"]
    mine: bool


def visit(request: HttpRequest, slug: str) -> Visit:
    """Raises NotFound for a stranger."""
    claim = request.COOKIES.get(CLAIMED, "")
    try:
        paste = access_paste(request.user, slug)
    except NotFound:
        if not claim:
            raise
        paste = access_claimed(slug)
        if not actions.has_claimed(paste, claim):
            raise
    if is_owner(request.user, paste):
        return Visit(paste, "open", True)
    if not actions.is_unlocked(paste, request.COOKIES.get(UNLOCKED, "")):
        return Visit(paste, "password", False)
    if paste.burns and not actions.has_claimed(paste, claim):
        return Visit(paste, "confirm", False)
    return Visit(paste, "open", False)


def opened(request: HttpRequest, slug: str) -> Paste:
    """What the request may read. Raises NotFound for a stranger and for an encrypted one, Forbidden before a password or the question."""
    found = visit(request, slug)
    if found.stands == "password":
        raise Forbidden(gettext("This paste has a password. Open its page and enter it."), code="password_needed")
    if found.stands == "confirm":
        raise Forbidden(
            gettext("To read this paste uses it up. Open its page and say so, or send this request as POST."),
            code="confirmation_needed",
        )
    if found.paste.sealed:
        raise NotFound(gettext("This paste is encrypted: it can only be read on its page."), code="sealed")
    return found.paste


def remember(response: HttpResponseBase, paste: Paste, name: str, proof: str) -> None:
    """Puts a proof into the browser, for this paste alone."""
    seconds = UNLOCKED_SECONDS if name == UNLOCKED else int(actions.KEPT_AFTER_LAST_VIEW.total_seconds())
    response.set_cookie(
        name, proof, max_age=seconds, path=reverse("paste:show", args=[paste.slug]), secure=settings.HTTPS, httponly=True,
        samesite="Lax",
    )  # fmt: skip
