"""What a node says of itself: that it is there, what it offers, what its owner allows, what it measures. Written down no
faster than the database takes it, however fast the node talks.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseTrouble
from django.utils import timezone

from chat import nodes, samples
from chat.samples import Minute
from inference_client.protocol.messages import Availability, Metrics
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

OFFER_SECONDS = 1.0
TELL_SECONDS = 0.5
SAMPLE_SECONDS = 10.0
"""Between two writes of one node's metrics."""


class Presence:
    """Of one node's session."""

    def __init__(
        self,
        node: UUID,
        session: str,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        changed: Callable[[], None],
    ) -> None:
        self.availability = Availability(state="open")
        self._node, self._session, self._spawn, self._changed = node, session, spawn, changed
        self._beating = self._offering = self._telling = self._sampling = False
        self._models: tuple[ModelInfo, ...] = ()
        self._minutes: list[Minute] = []
        self._measured = self._sampled = asyncio.get_running_loop().time()

    def beat(self, running: Sequence[UUID]) -> None:
        """A heartbeat. One that comes while another is being written says nothing new."""
        if not self._beating:
            self._beating = True
            self._spawn(self._write_beat(running))

    async def _write_beat(self, running: Sequence[UUID]) -> None:
        try:
            await in_database(nodes.seen, self._node, self._session, running)
        finally:
            self._beating = False

    def offer(self, models: tuple[ModelInfo, ...]) -> None:
        """A changed offer. The newest counts, and is written at most once a second."""
        self._models = models
        if not self._offering:
            self._offering = True
            self._spawn(self._write_offer())

    async def _write_offer(self) -> None:
        try:
            written = None
            while written != self._models:
                written = self._models
                await in_database(nodes.offer, self._node, written)
                self._changed()
                await asyncio.sleep(OFFER_SECONDS)
        finally:
            self._offering = False

    def hear(self, message: Availability | Metrics) -> None:
        if isinstance(message, Availability):
            self._available(message)
        else:
            self._metrics(message)

    def _available(self, message: Availability) -> None:
        """Holds at once; written for those who look from elsewhere."""
        changed = message != self.availability
        self.availability = message
        if changed:
            self._changed()
            if not self._telling:
                self._telling = True
                self._spawn(self._write_availability())

    async def _write_availability(self) -> None:
        try:
            written = None
            while written != self.availability:
                written = self.availability
                await in_database(nodes.said, self._node, self._session, written)
                await asyncio.sleep(TELL_SECONDS)
        finally:
            self._telling = False

    def _metrics(self, message: Metrics) -> None:
        now = asyncio.get_running_loop().time()
        minute = timezone.now().replace(second=0, microsecond=0)
        if not self._minutes or self._minutes[-1].at != minute:
            # Those before wait for the database, if it is behind: the last ten of them at most.
            self._minutes = [*self._minutes[-9:], Minute(minute)]
        self._minutes[-1].add(message, now - self._measured)
        self._measured = now
        if not self._sampling and now - self._sampled >= SAMPLE_SECONDS:
            self._sampling, self._sampled = True, now
            self._spawn(self._write_samples())

    async def _write_samples(self) -> None:
        try:
            await self.flush()
        finally:
            self._sampling = False

    async def flush(self) -> None:
        """Writes down what was measured since the last time."""
        minutes = [minute for minute in self._minutes if minute.changed]
        if not minutes:
            return
        for minute in minutes:
            minute.changed = False
        try:
            await in_database(samples.write, self._node, self._session, [minute.copy() for minute in minutes])
        except DatabaseTrouble as error:
            # The link is worth more than its measurements: they are tried again with the next ones.
            log.warning("node.measurements_wait", extra={"node": str(self._node), "error": type(error).__name__})
            for minute in minutes:
                minute.changed = True
        self._minutes = [one for one in self._minutes if one.changed or one is self._minutes[-1]]
