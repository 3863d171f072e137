"""What an operator who is signed in as a member may not do, and a record of what they do."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from meatlizard.error_pages import answer
from meatlizard.ops.middleware import READING, SHELL

OPEN: Final = SHELL | {"acting_end", "set_language"}
SIGNING_OUT: Final = "account_logout"
KEPT: Final = (
    "account_",
    "mfa_",
    "socialaccount_",
    "usersessions_",
    "admin:",
    "api:",
    "sealed:",
    "discord:",
    "moderation:",
    "chat:transcript",
)
"""Beginnings of names of addresses: how the member signs in and by which keys, what is sealed, what is between them and moderators, and
transcripts, which to read takes a right of its own and leaves a trace."""

KEPT_PAGES: Final = frozenset({"export", "setup"})


class Acting:
    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        mark = _mark(request)
        if mark is None:
            return self.get_response(request)
        # Here and not above: models cannot be read when settings name this middleware.
        from meatlizard.moderation.actions import audit

        with audit.through(f"as member, by {mark['by']}"):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        mark = _mark(request)
        if mark is None:
            return None
        from meatlizard.accounts import acting
        from meatlizard.accounts.models import User

        if not isinstance(request.user, User) or acting.over(mark, request.user):
            request.session.flush()
            return redirect(settings.LOGIN_URL)
        match = request.resolver_match
        name = match.view_name if match is not None else ""
        if name in OPEN:
            return None
        if name == SIGNING_OUT:
            acting.end(request)
            return redirect(settings.LOGIN_URL)
        if name.startswith(KEPT) or name in KEPT_PAGES:
            return answer(
                request, 403, "acting", _("Not while you are signed in as somebody else: this is the member's alone.")
            )
        if request.method not in READING:
            acting.wrote(mark, request.user, str(request.method), request.path_info)
        return None


def _mark(request: HttpRequest) -> dict[str, Any] | None:
    """Who shows no cookie is nobody; asking would mark every public page as one that depends on who looks."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    mark: dict[str, Any] | None = request.session.get("acting")
    return mark
