"""ASGI, outside everything: at the content host there are contents and nothing else, neither pages nor sockets nor an API."""

from typing import Any, Final

from files.serving.addresses import PREFIX, is_content_host
from meatlizard.security.origin import refuse

NOTHING: Final = b"Nothing is here.\n"


class ContentHostOnly:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or not _there(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await refuse(receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
        else:
            await _nothing(send)


def _there(scope: dict[str, Any]) -> bool:
    """Any of the hosts that a request names: two of them are nobody's honest request."""
    return any(name == b"host" and is_content_host(value.decode("latin-1")) for name, value in scope["headers"])


async def _nothing(send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(NOTHING)).encode()),
        (b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"default-src 'none'; sandbox"),
        (b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": NOTHING})
