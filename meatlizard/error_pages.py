"""Errors as pages in the site's style, or as JSON or plain text for those who ask for that."""

import logging
import math
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_ratelimit.exceptions import Ratelimited

from meatlizard.errors import AppError, LimitReached
from meatlizard.ops.logs import current_request_id

log = logging.getLogger(__name__)

NAMES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    429: "limit_reached",
    500: "internal",
    503: "unavailable",
}
WORDS = {
    400: _("The site did not understand what was sent."),
    403: _("You may not do that, or the page was open too long. Reload it and try again."),
    404: _("Nothing is here."),
    429: _("Too many requests in a short time."),
    500: _("Something broke on the site. It has been written to the log."),
    503: _("The site is starting, being updated, or cannot reach its database."),
}
UNKNOWN_HOST = _(
    "This site is not known by the name in the address. "
    "Its operator can set SITE_URL to the address people use, or add the name to ALLOWED_HOSTS."
)
FOR_PROGRAMS = ("/api/v1/", "/rest/v3/", "/yourls-api.php")
"""Below this nobody is shown a page, whatever the Accept header says."""
BARE = frozenset({500, 503})
"""Rendered without request, user and context processors: one of those may be what broke."""


class AppErrors:
    """Innermost middleware: turns the errors that actions raise into answers."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        """Nothing is called by a name with a NUL in it, and PostgreSQL refuses the question."""
        return answer(request, 404) if any("\x00" in str(part) for part in kwargs.values()) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Ratelimited):
            exception = LimitReached(code="rate_limited")
        return self.refused(request, exception) if isinstance(exception, AppError) else None

    @staticmethod
    def refused(request: HttpRequest, error: AppError) -> HttpResponse:
        if error.status >= 500:
            log.error("request.failed", exc_info=error)
        retry = error.retry_after if isinstance(error, LimitReached) else None
        return answer(request, error.status, error.code, error.message, retry)


def answer(
    request: HttpRequest, status: int, code: str = "", message: str = "", retry_after: float | None = None
) -> HttpResponse:
    """An error in the form the client asked for. JSON: ``{"error": {"code", "message", "request_id", "retry_after"}}``.

    Context of the pages: ``message`` (empty: the page's own words), ``code``, ``retry_after`` (whole seconds or None), ``request_id``.
    """
    seconds = None if retry_after is None else max(1, math.ceil(retry_after))
    code = code or NAMES.get(status, "error")
    response = _rendered(request, status, code, message, seconds)
    patch_vary_headers(response, ["Accept"])
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _rendered(request: HttpRequest, status: int, code: str, message: str, seconds: int | None) -> HttpResponse:
    kind = _wanted(request)
    if kind == "json":
        error = {
            "code": code,
            "message": message or str(WORDS.get(status, "")),
            "request_id": current_request_id(),
            "retry_after": seconds,
        }
        return JsonResponse({"error": error}, status=status)
    if kind == "text":
        return HttpResponse(
            f"{message or WORDS.get(status, '')}\n", status=status, content_type="text/plain; charset=utf-8"
        )
    context: dict[str, Any] = {
        "message": message, "code": code, "retry_after": seconds, "request_id": current_request_id()
    }  # fmt: skip
    page = loader.render_to_string(f"errors/{status}.html", context, None if status in BARE else request)
    return HttpResponse(page, status=status)


def _wanted(request: HttpRequest) -> str:
    """``html``, ``json`` or ``text``: what the Accept header prefers; a page for whoever says nothing (or ``*/*``)."""
    if request.path_info.startswith(FOR_PROGRAMS):
        return "json"
    if request.headers.get("Accept", "*/*") == "*/*":
        asks = request.content_type == "application/json" or "X-Requested-With" in request.headers
        return "json" if asks else "html"
    kinds = {"text/html": "html", "application/json": "json", "text/plain": "text"}
    return kinds.get(request.get_preferred_type(list(kinds)) or "", "html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        # Not said back: the name is whatever was sent.
        return answer(request, 400, "unknown_host", str(UNKNOWN_HOST))
    return answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, Ratelimited):
        return answer(request, 429)
    return answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """allauth's own limits end here."""
    return answer(request, 429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(
        request,
        403,
        "csrf",
        gettext("The page was open too long, or your browser sends no cookies. Reload it and try again."),
    )
