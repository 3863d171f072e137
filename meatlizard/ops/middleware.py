"""A request id on every request and answer; nothing but reading while the site is read-only; and nothing while it is closed."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from meatlizard.error_pages import answer
from meatlizard.ops.logs import request_id

READING = frozenset({"GET", "HEAD", "OPTIONS"})

SIGNING_IN = frozenset(
    {"account_login", "account_logout", "account_reauthenticate", "mfa_authenticate", "mfa_reauthenticate", "mfa_login_webauthn",
     "mfa_reauthenticate_webauthn", "set_language", "setup"}
)  # fmt: skip
"""What is left open: an operator must be able to come in and end it."""

SHELL = frozenset({"words", "manifest", "service_worker", "offline", "status", "status-beside"})
"""What pages are made of, what browsers keep of the site, and how it stands; nobody's data."""

RETRY_SECONDS = 300


class RequestId:
    """Outermost. A new id each time: one sent from outside could forge or flood somebody's log lines."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_id() as value:
            response = self.get_response(request)
        response["X-Request-ID"] = value
        return response


class Maintenance:
    """Read-only: whatever would write is answered with 503, for everybody but operators. Closed: whatever is asked for."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Here and not above: models cannot be read when settings name this middleware.
        from meatlizard.ops import switches

        state = switches.current()
        if not (state.shut or (state.read_only and request.method not in READING)):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in SIGNING_IN | SHELL:
            return None
        user = request.user
        if user.is_authenticated and switches.operates(user):
            return None
        return answer(request, 503, "maintenance", state.maintained, RETRY_SECONDS)
