"""Who may open a websocket: pages of this site only. A browser says in ``Origin`` whose page asks, and a page cannot lie about it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

REFUSED = {"type": "websocket.close", "code": 4403}


class SameOriginOnly:
    """ASGI, outside everything that looks at cookies. A missing or foreign Origin is refused before the handshake is answered."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not is_same_origin(scope):
            await refuse(receive, send)
            return
        await self.app(scope, receive, send)


class NoOrigin:
    """ASGI, for programs that are no browsers: whatever a page opens carries an Origin, and is refused."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if _values(scope, b"origin"):
            await refuse(receive, send)
            return
        await self.app(scope, receive, send)


async def refuse(receive: Any, send: Any) -> None:
    await receive()
    await send(REFUSED)


def is_same_origin(scope: dict[str, Any]) -> bool:
    """Whether scheme, host and port of ``Origin`` are SITE_URL's, or those the request itself was addressed to on an allowed host."""
    origins, hosts = _values(scope, b"origin"), _values(scope, b"host")
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin = origins[0].lower()
    if origin == settings.SITE_URL:
        return True
    if not validate_host(urlsplit(f"//{hosts[0]}").hostname or "", settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    return origin == f"{scheme}://{hosts[0].lower()}"


def _values(scope: dict[str, Any], name: bytes) -> list[str]:
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]
