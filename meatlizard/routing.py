"""Puts the ASGI application together: which door each kind of connection comes in by."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from meatlizard import lifecycle
from meatlizard.ops.logs import request_id
from meatlizard.security.forwarded import ForwardedScheme
from meatlizard.security.origin import NoOrigin, SameOriginOnly, refuse

log = logging.getLogger(__name__)

INFERENCE_PATH = "ws/inference/"


class Pages(ASGIHandler):
    """Django with its middleware and views in one thread per request. Each change between loop and thread costs a quarter of a
    millisecond or so, and Django's own stack, sync and async by turns, makes more than twenty of them."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


class Websockets:
    """Programs with a key of their own on one path, this site's pages on the others."""

    def __init__(self) -> None:
        from chat.inference.consumer import NodeConsumer
        from chat.routing import websocket_urlpatterns

        self._node = NoOrigin(URLRouter([path(INFERENCE_PATH, NodeConsumer.as_asgi())]))
        self._pages = SameOriginOnly(AuthMiddlewareStack(KnownPaths(URLRouter(websocket_urlpatterns))))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with request_id():
            app = self._node if scope["path"] == f"/{INFERENCE_PATH}" else self._pages
            await app(scope, receive, send)


class KnownPaths:
    """Closes a websocket on a path that nothing serves, instead of failing with a traceback."""

    def __init__(self, router: URLRouter) -> None:
        self._router = router

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        asked = scope["path"].lstrip("/")
        if not any(route.pattern.match(asked) for route in self._router.routes):
            await refuse(receive, send)
            return
        await self._router(scope, receive, send)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Starts and ends the services together with the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await lifecycle.start_all()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await lifecycle.stop_all()
            await send({"type": "lifespan.shutdown.complete"})
            return


def build() -> Any:
    """The whole application. Django must be set up."""
    return ForwardedScheme(ProtocolTypeRouter({"http": Pages(), "websocket": Websockets(), "lifespan": lifespan}))
