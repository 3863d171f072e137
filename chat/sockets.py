"""The base of the site's websocket consumers: Channels' consumer without a channel layer of its own.

Channels gives each socket a channel, a second receive loop, and a check of database connections in another thread for
each frame. News reach our sockets through the hub and the database is used through :mod:`meatlizard.threads`, so all
three would be paid for on each token and used by nobody.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

log = logging.getLogger(__name__)

Event = dict[str, Any]


class Socket(AsyncConsumer):
    """Calls ``websocket_connect``, ``websocket_receive`` and ``websocket_disconnect``; ``gone`` is called once at the
    end, however it came: the other side closed, the server stops, or a handler failed."""

    async def __call__(
        self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
    ) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            await self.gone()

    async def dispatch(self, message: Event) -> None:
        kind = message["type"]
        if kind == "websocket.receive":
            await self.websocket_receive(message)
        elif kind == "websocket.connect":
            await self.websocket_connect(message)
        else:
            raise StopConsumer

    async def send(self, message: Event) -> None:
        """Sends, and takes it as no fault of ours when the other side is gone already."""
        try:
            await self.base_send(message)
        except (RuntimeError, OSError) as error:
            log.debug("socket.gone", extra={"error": type(error).__name__})

    async def websocket_connect(self, event: Event) -> None:
        raise NotImplementedError

    async def websocket_receive(self, event: Event) -> None:
        raise NotImplementedError

    async def gone(self) -> None:
        raise NotImplementedError
