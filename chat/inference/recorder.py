"""Brings the text of a node's streams into the database: one transaction for all of them, at most five times a second."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseTrouble

from chat import generations
from chat.generations import Piece
from chat.inference.stream import Stream
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

STORE_SECONDS = 0.2
"""A stream is written at most five times a second."""

MAX_UNSTORED = 8 * 2**20
"""Code points of one node's streams that may wait for the database. Beyond it the link closes: the node keeps the text
and comes back.
"""

Taken = list[tuple[Stream, Piece]]


class Recorder:
    """Of one node's session. ``stored`` hears what was committed and which generations the session has lost; ``behind`` is
    called when the database takes less than the node gives.
    """

    def __init__(
        self,
        streams: dict[UUID, Stream],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        stored: Callable[[Taken, set[UUID]], None],
        behind: Callable[[], None],
    ) -> None:
        self._streams = streams
        self._spawn = spawn
        self._tell = stored
        self._behind = behind
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    def arm(self) -> None:
        """Sees to it that what has come is stored soon."""
        if self._timer is not None or self._lock.locked() or self._stopped:
            return
        if any(stream.waiting and not stream.ending for stream in self._streams.values()):
            self._timer = asyncio.get_running_loop().call_later(STORE_SECONDS, self._due)

    def stop(self) -> None:
        """Stores nothing more by itself."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _due(self) -> None:
        self._timer = None
        self._spawn(self.store())

    async def store(self, *only: Stream) -> None:
        """Commits what has come since the last time, for all streams or for these. One commit at a time: text must not be
        stored before the text in front of it.
        """
        async with self._lock:
            streams = only or tuple(stream for stream in self._streams.values() if not stream.ending)
            taken = [(stream, piece) for stream in streams if (piece := stream.take_unstored())]
            if taken:
                await self._commit(taken)
        self.arm()

    async def _commit(self, taken: Taken) -> None:
        try:
            lost = await in_database(generations.append, [piece for _, piece in taken])
        except DatabaseTrouble as error:
            for stream, piece in taken:
                stream.put_back(piece)
            log.error("stream.store_failed", extra={"error": type(error).__name__})
        else:
            self._tell(taken, lost)
        if sum(stream.waiting for stream in self._streams.values()) > MAX_UNSTORED:
            self._behind()
