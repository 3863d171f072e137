"""Keeps this process's picture of the queue fresh and tells its listeners: positions to those who wait, the status to
everybody.
"""

import asyncio
import contextlib
import logging
from uuid import UUID

from django.db import Error as DatabaseTrouble

from chat import queueing
from chat.bus import Control
from chat.hub import CONTROL, EVERYBODY, conversation_topic, hub
from chat.queueing import Snapshot
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

AFTER_SECONDS = 0.3
"""News of the queue is gathered for so long: under load it changes with each token's worth of time."""

LOOK_SECONDS = 5.0
"""How often to look without any news, while somebody listens: hints may be lost and nodes may vanish."""


class Notifier:
    """One per process. ``latest`` is never older than LOOK_SECONDS while somebody listens."""

    def __init__(self) -> None:
        self.latest = Snapshot()
        self._changed = asyncio.Event()

    def event(self, topic: str, frame: str) -> None:
        if Control.model_validate_json(frame).do in ("work", "queue", "node"):
            self._changed.set()

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""

    async def fresh(self) -> Snapshot:
        """The queue as it is now."""
        self.latest = await in_database(queueing.snapshot)
        return self.latest

    async def run(self) -> None:
        """Serves until cancelled."""
        self._changed = asyncio.Event()
        hub.join(CONTROL, self)
        try:
            while True:
                # Not wait_for: until Python 3.12 it can swallow the cancellation that ends this service.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._changed.wait()
                    await asyncio.sleep(AFTER_SECONDS)
                self._changed.clear()
                if hub.listening(EVERYBODY):
                    await self._tell()
        finally:
            hub.leave(CONTROL, self)

    async def _tell(self) -> None:
        before = self.latest
        try:
            now = await self.fresh()
        except DatabaseTrouble:
            log.exception("notifier.database_error")
            return
        for event in now.queued_events():
            topic = conversation_topic(event.conversation)
            if hub.listening(topic):
                hub.event(topic, event.model_dump_json())
        if now != before:
            hub.event(EVERYBODY, "")


notifier = Notifier()
