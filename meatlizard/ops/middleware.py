"""A request id on every request and answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from meatlizard.ops.logs import request_id


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
