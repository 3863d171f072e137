"""ASGI: how long answers take to begin and how they end, and how many websockets are open. Some microseconds a request."""

import time
from typing import Any, Final

from meatlizard.metrics import own

PARTS: Final = {
    "chat": "chat", "p": "pastes", "sealed": "pastes", "documents": "pastes", "s": "links", "links": "links", "rest": "links",
    "yourls-api.php": "links", "files": "files", "f": "files", "content": "files", "v": "video", "video": "video", "videos": "video",
    "api": "api", "admin": "admin", "accounts": "accounts", "discord": "discord", "static": "static", "moderation": "moderation",
}  # fmt: skip
"""By the first part of the path. Whatever else there is counts as ``pages``."""

UNCOUNTED: Final = ("/health", "/metrics")
"""Asked by watchers every few seconds: their answers would drown the others."""


class Measured:
    """Around everything that answers HTTP."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path: str = scope["path"]
        if path.startswith(UNCOUNTED):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        begun = False

        async def noted(message: dict[str, Any]) -> None:
            nonlocal begun
            if not begun and message["type"] == "http.response.start":
                begun = True
                end = path.find("/", 1)
                part = PARTS.get(path[1 : end if end > 0 else None], "pages")
                own.requests.observe(time.perf_counter() - began, part, f"{message['status'] // 100}xx")
            await send(message)

        await self._app(scope, receive, noted)


class Sockets:
    """Around a door for websockets."""

    def __init__(self, app: Any, kind: str) -> None:
        self._app, self._kind = app, kind

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        own.sockets_opened.add(self._kind)
        own.sockets.move(1, self._kind)
        try:
            await self._app(scope, receive, send)
        finally:
            own.sockets.move(-1, self._kind)
