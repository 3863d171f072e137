"""A service that is switched off, or not there for whoever asks, says so instead of its pages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from meatlizard.error_pages import answer
from meatlizard.errors import AppError
from meatlizard.ops.middleware import RETRY_SECONDS


class Services:
    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Here and not above: models cannot be read when settings name this middleware.
        from meatlizard.control import services

        if not services.any_touched():
            return None
        try:
            services.check_path(request.path_info, None if _by_key(request) else request.user)
        except AppError as refused:
            if refused.code == "service_closed" and _by_key(request):
                # Whose key it is tells the view, which asks again for its owner.
                return None
            return answer(
                request, refused.status, refused.code, refused.message, RETRY_SECONDS if refused.status == 503 else None
            )
        return None


def _by_key(request: HttpRequest) -> bool:
    return "Authorization" in request.headers or "X-Api-Key" in request.headers
