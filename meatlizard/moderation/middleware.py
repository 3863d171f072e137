"""What a suspended or warned person meets on whatever page they open. Decided by what is read with the person: no query."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from meatlizard.error_pages import answer

OPEN_VIEWS = frozenset({"account_logout", "chat:notices-stop", "landing", "set_language", "words"})
"""Beside the pages of moderation, what a suspended person may still open while signed in."""

PAGES = "moderation"
"""The name of our addresses."""


class Standing:
    """Suspended: shown why, and nothing else. Warned: shown the warning first."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Who shows no cookie is nobody; asking would mark every public page as one that depends on who looks.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        match = request.resolver_match
        if match is None or match.view_name in OPEN_VIEWS or PAGES in match.app_names:
            return None
        user = request.user
        if not user.is_authenticated:
            return None
        if user.is_suspended:
            if _is_page(request):
                return redirect(f"{PAGES}:standing")
            return answer(
                request, 403, "suspended", _("Your account is suspended. Open the site to see why and until when.")
            )
        if user.warned and request.method == "GET" and _is_page(request):
            return redirect(f"{PAGES}:standing")
        return None


def _is_page(request: HttpRequest) -> bool:
    """Whether a person is looking, rather than a script of a page."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
