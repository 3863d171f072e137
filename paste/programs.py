"""ASGI, ahead of Django's middleware: sealed pastes that programs without an account send over PrivateBin's API.

What the middleware would do for such a request comes to nothing: there is no cookie, so nobody is signed in and no page of somebody else's
can have sent it for them. What it would do all the same (hosts, schemes, languages, hard maintenance) is looked at here, and the request
goes to Django wherever that matters. The view is the one that Django would call.
"""

import logging
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from meatlizard.error_pages import answer
from meatlizard.errors import AppError
from meatlizard.ops import switches
from meatlizard.ops.logs import request_id
from meatlizard.ops.middleware import RETRY_SECONDS
from meatlizard.threads import in_database
from paste.sealed.views import sealed

log = logging.getLogger(__name__)

LARGEST: Final = 60_000
"""Bytes of a body: up to here nothing has to be put into the storage."""

_DJANGOS = frozenset(
    {
        b"cookie",
        b"authorization",
        b"x-api-key",
        b"accept-language",
        b"origin",
        b"transfer-encoding",
        b"content-encoding",
        b"expect",
    }
)
_SAYS: Final = [
    (b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"), (b"referrer-policy", b"same-origin"), (b"x-frame-options", b"DENY"),
]  # fmt: skip


class QuickMaking:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._hosts = frozenset(host.encode() for host in settings.ALLOWED_HOSTS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        length = self._length(scope) if scope["method"] == "POST" and scope["path"] == "/sealed/" else None
        if length is None:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request" or len(body) > length:
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        with request_id() as value:
            response = await in_database(_answered, scope, bytes(body))
        headers = {name.lower().encode(): text.encode("latin-1") for name, text in response.headers.items()}
        said = (
            dict(_SAYS)
            | headers
            | {b"content-length": str(len(response.content)).encode(), b"x-request-id": value.encode()}
        )
        await send({"type": "http.response.start", "status": response.status_code, "headers": list(said.items())})
        await send({"type": "http.response.body", "body": response.content})

    def _length(self, scope: dict[str, Any]) -> int | None:
        """Bytes that will come; None for what Django has to look at."""
        length, host, json = None, b"", False
        for name, value in scope["headers"]:
            if name in _DJANGOS:
                return None
            if name == b"content-length" and value.isdigit() and len(value) < 7:
                length = int(value)
            elif name == b"host":
                host = value.partition(b":")[0]
            elif name == b"x-requested-with":
                json = value == b"JSONHttpRequest"
        ours = host in self._hosts and (scope.get("scheme") == "https" or not settings.SECURE_SSL_REDIRECT)
        return length if json and ours and length is not None and length <= LARGEST else None


def _answered(scope: dict[str, Any], body: bytes) -> HttpResponse:
    request = ASGIRequest(scope, BytesIO(body))
    request.user = AnonymousUser()
    try:
        state = switches.current()
        if state.read_only:
            return answer(request, 503, "maintenance", state.maintained, RETRY_SECONDS)
        return sealed(request)
    except AppError as refused:
        return answer(request, refused.status, refused.code, refused.message)
    except Exception:
        log.exception("paste.program_failed")
        return answer(request, 500)
