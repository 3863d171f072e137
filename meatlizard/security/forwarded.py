"""What a trusted proxy says about the connection before it: only from such a proxy ``X-Forwarded-Proto`` decides the scheme."""

from typing import Any

from meatlizard.security.client_address import is_trusted_proxy

SCHEMES = {"http": {b"http": "http", b"https": "https"}, "websocket": {b"http": "ws", b"https": "wss"}}


class ForwardedScheme:
    """ASGI. Django's SECURE_PROXY_SSL_HEADER would believe the header from anybody who reaches the port."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        schemes = SCHEMES.get(scope["type"])
        if schemes is not None:
            for name, value in scope["headers"]:
                if name == b"x-forwarded-proto" and value in schemes and _is_believed(scope):
                    scope = {**scope, "scheme": schemes[value]}
        await self.app(scope, receive, send)


def _is_believed(scope: dict[str, Any]) -> bool:
    client = scope.get("client")
    return client is not None and bool(client) and is_trusted_proxy(client[0])
