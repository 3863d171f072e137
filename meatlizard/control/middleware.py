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
        limited = any(services.is_limited(one.name) for one in services.of_path(request.path_info))
        try:
            services.check_path(request.path_info, _asking(request) if limited else None)
        except AppError as refused:
            return answer(
                request, refused.status, refused.code, refused.message, RETRY_SECONDS if refused.status == 503 else None
            )
        return None


def _asking(request: HttpRequest) -> Any:
    """The owner of the key that came along, of which the view will ask again, or who is signed in."""
    from meatlizard.control.visitors import owner_of_key

    said = request.headers
    return owner_of_key(said.get("Authorization", ""), said.get("X-Api-Key", "")) or request.user
