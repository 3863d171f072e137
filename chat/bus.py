"""News from whoever writes to whoever reads, in this process and in the others.

What is published here is a hint: the database is the truth, and every reader can find out there what a lost hint would
have said. In this process news goes straight to the hub. With Redis, the news of 25 ms travels as one message to each
other process.
"""

import asyncio
import hashlib
import logging
import threading
import uuid
from typing import Any, Literal
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from pydantic import BaseModel, ConfigDict

from chat.hub import CONTROL, EVERYBODY, hub
from meatlizard.outages import redis_errors

log = logging.getLogger(__name__)

GROUP = "site"
INTERVAL = 0.025
"""Seconds that news is gathered before it goes to other processes: a channel layer's cost is per message."""

MAX_BATCH = 5_000

PROCESS = uuid.uuid4().hex
"""This process, among those that share a channel layer."""


def session_mark(session_key: str | None) -> str:
    """Names a login session without giving it away: its key is a password, and news may be read by who reads Redis."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:32]


Do = Literal["work", "prepare", "queue", "stop", "node", "order", "session", "person", "task", "task_ended"]


class Control(BaseModel):
    """Between parts of the site. ``work``: something waits to be claimed; ``prepare``: something waits for the site's own turn; ``queue``: what people see of the queue
    changed; ``stop``: a generation; ``node``: look at that node's row again; ``order``: to a node, see
    :class:`chat.nodes.NodeOrder`; ``session``: that login session ended; ``person``: whatever that account
    has open is to be closed; ``task`` and ``task_ended``: a task waits, is over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Do
    id: str = ""


class Bus:
    """One per process. ``run`` belongs to the serving process; a command without it publishes each batch at once."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: int | None = None
        self._outbox: list[list[Any]] = []
        self._wake: asyncio.Event | None = None

    # publishing ----------------------------------------------------------------------------------------------------

    @property
    def here(self) -> bool:
        """Whether it serves the event loop that asks: only there may somebody listen."""
        return self._loop is not None and self._loop is asyncio.get_running_loop()

    def event(self, topic: str, event: BaseModel) -> None:
        """Publishes from any thread. Never fails for the sake of a hint."""
        self._publish(["event", topic, event.model_dump_json()])

    def followed(self, topic: str) -> bool:
        """Whether anybody may be listening; of other processes it is not known."""
        return self._wake is not None or hub.listening(topic)

    def control(self, do: Do, id: str = "") -> None:
        self._publish(["event", CONTROL, Control(do=do, id=id).model_dump_json()])

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool = False
    ) -> None:
        """Publishes text of an answer, or of the thinking before it. Only on the event loop's thread: this is the hot path."""
        hub.delta(conversation, message, generation, offset, text, thinking)
        if self._wake is None:
            return
        if self._outbox:
            last = self._outbox[-1]
            goes_on = last[0] == "delta" and last[3] == generation.hex and last[4] + len(last[5]) == offset
            if goes_on and last[6] == thinking:
                last[5] += text
                return
        self._append(["delta", conversation.hex, message.hex, generation.hex, offset, text, thinking])

    def _publish(self, item: list[Any]) -> None:
        if self._loop is None or self._loop.is_closed():
            self._publish_without_loop(item)
        elif threading.get_ident() == self._thread:
            self._deliver_and_queue(item)
        else:
            self._loop.call_soon_threadsafe(self._deliver_and_queue, item)

    def _deliver_and_queue(self, item: list[Any]) -> None:
        self._deliver(item)
        if self._wake is not None:
            self._append(item)

    def _append(self, item: list[Any]) -> None:
        assert self._wake is not None
        if len(self._outbox) >= MAX_BATCH:
            # The layer is down or far behind. Readers elsewhere will ask the database.
            self._outbox.clear()
        self._outbox.append(item)
        self._wake.set()

    def _publish_without_loop(self, item: list[Any]) -> None:
        """From a management command: other processes are told at once, if there is a way."""
        if not settings.REDIS_URL or _in_event_loop():
            return
        layer = get_channel_layer()
        try:
            async_to_sync(layer.group_send)(GROUP, {"type": "bus.batch", "origin": PROCESS, "items": [item]})
        except redis_errors() as error:
            log.warning("bus.unreachable", extra={"error": type(error).__name__})

    # delivery ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _deliver(item: list[Any]) -> None:
        if item[0] == "delta":
            hub.delta(UUID(item[1]), UUID(item[2]), UUID(item[3]), item[4], item[5], item[6])
        else:
            hub.event(item[1], item[2])

    async def run(self) -> None:
        """Serves this process until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        try:
            if settings.REDIS_URL:
                self._wake = asyncio.Event()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._send_batches())
                    tasks.create_task(self._receive())
            else:
                await asyncio.Event().wait()
        finally:
            self._loop = self._wake = self._thread = None
            self._outbox.clear()

    async def _send_batches(self) -> None:
        layer = get_channel_layer()
        assert self._wake is not None
        while True:
            await self._wake.wait()
            self._wake.clear()
            items, self._outbox = self._outbox, []
            try:
                await layer.group_send(GROUP, {"type": "bus.batch", "origin": PROCESS, "items": items})
            except redis_errors() as error:
                log.warning("bus.unreachable", extra={"error": type(error).__name__})
            await asyncio.sleep(INTERVAL)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        joined = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            try:
                if clock() - joined > 3600 or not joined:
                    # Group membership expires in the layer (a day by default) and is lost when Redis restarts empty.
                    await layer.group_add(GROUP, channel)
                    joined = clock()
                message = await layer.receive(channel)
            except redis_errors() as error:
                log.warning("bus.unreachable", extra={"error": type(error).__name__})
                joined = 0.0
                await asyncio.sleep(1)
                continue
            if message.get("origin") != PROCESS:
                for item in message["items"]:
                    self._deliver(item)


def _in_event_loop() -> bool:
    """Whether this thread runs an event loop: while the bus is down there, nobody may wait for the layer."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


bus = Bus()


def on_commit(topic: str, event: BaseModel) -> None:
    """Publishes ``event`` when the present transaction commits (at once when there is none)."""
    transaction.on_commit(lambda: bus.event(topic, event))


def control_on_commit(do: Do, id: str = "") -> None:
    transaction.on_commit(lambda: bus.control(do, id))


__all__ = ["CONTROL", "EVERYBODY", "Bus", "Control", "bus", "control_on_commit", "on_commit", "session_mark"]
