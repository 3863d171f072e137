"""Puts the ASGI application together: which door each kind of connection comes in by."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import path

from meatlizard import lifecycle
from meatlizard.control.gate import Gate, NotActing, SocketGate
from meatlizard.languages import Spoken
from meatlizard.ops.logs import request_id
from meatlizard.security.forwarded import ForwardedScheme
from meatlizard.security.origin import NoOrigin, SameOriginOnly, refuse

INFERENCE_PATH = "ws/inference/"


class Websockets:
    """Programs with a key of their own on one path, this site's pages on the others."""

    def __init__(self) -> None:
        from chat.inference.consumer import NodeConsumer
        from chat.routing import websocket_urlpatterns
        from meatlizard.metrics.traffic import Sockets

        node = Sockets(URLRouter([path(INFERENCE_PATH, NodeConsumer.as_asgi())]), "client")
        known = AuthMiddlewareStack(NotActing(Spoken(KnownPaths(URLRouter(websocket_urlpatterns)))))
        self._node, self._pages = NoOrigin(node), SameOriginOnly(Sockets(SocketGate(known), "page"))

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


class WithServices:
    """Starts the services with the first connection under a server that announces no lifespan, as daphne does not."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._announced = False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._announced = True
        elif not self._announced:
            self._announced = True
            await lifecycle.start_all()
        await self._app(scope, receive, send)


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
    from files.asgi.entry import Files
    from files.serving.content_host import ContentHostOnly
    from meatlizard.health.path import Health
    from meatlizard.health.status.path import Status
    from meatlizard.health.traffic import Traffic
    from meatlizard.metrics.path import Metrics
    from meatlizard.metrics.traffic import Measured
    from paste.programs import QuickMaking
    from paste.quick import QuickPastes
    from shortener.redirect.path import ShortLinks

    django = Traffic(ASGIHandler())
    doors = Gate(Files(ShortLinks(QuickPastes(QuickMaking(django)))), django)
    pages = Measured(Health(Status(Metrics(doors))))
    whole = ProtocolTypeRouter({"http": pages, "websocket": Websockets(), "lifespan": lifespan})
    return ForwardedScheme(ContentHostOnly(whole) if settings.CONTENT_HOST else whole)
