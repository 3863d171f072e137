"""ASGI, ahead of Django: ``/metrics`` for who holds ``METRICS_TOKEN``. Answers while the database hangs, as ``/health`` does. Without a
token in the request it goes on to Django, where operators may look."""

from typing import Any, Final

from django.conf import settings
from django.utils.crypto import constant_time_compare

from meatlizard.metrics import answering, exposition

PATH: Final = "/metrics"


class Metrics:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        said = _authorization(scope) if scope["path"].removesuffix("/") == PATH else ""
        if not said:
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, b"only GET and HEAD\n", [(b"allow", b"GET, HEAD")])
        elif not _holds_token(said):
            # No word about which: a token that is not set opens nothing.
            await _answer(scope, send, 401, b"not this token\n", [(b"www-authenticate", b'Bearer realm="metrics"')])
        else:
            await _answer(scope, send, 200, (await answering.answer()).encode(), [])


def _authorization(scope: dict[str, Any]) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


def _holds_token(said: str) -> bool:
    kind, _, token = said.partition(" ")
    known: str = settings.METRICS_TOKEN
    return kind.lower() == "bearer" and bool(known) and constant_time_compare(token.strip(), known)


async def _answer(scope: dict[str, Any], send: Any, code: int, body: bytes, more: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", exposition.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": code, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
