"""One file on its way in by another door than tus: its room is taken before its bytes, and given back when they do not all come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from django.db import transaction

from files import actions, quota
from files.asgi.asked import Asked, Disconnected
from files.blobs import incoming
from files.models import File
from files.safety import blocked
from files.tus import placing
from files.tus.placing import Wish
from files.tus.receiving import BATCH, SILENT_SECONDS
from files.tus.sparing import spare
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound, StorageFull
from meatlizard.storage import actions as storage
from meatlizard.threads import in_slow_database

STEP: Final = 16 << 20
"""Room taken at a time for what does not say how long it is."""


class Intake:
    """For one thread at a time. ``size``: bytes that are announced, None for nobody knows. Whatever happens, :meth:`drop` it in the end.

    Raises StorageFull where there is no room for as much, Invalid for a name of a kind that is not taken.
    """

    def __init__(self, owner: User, wish: Wish, size: int | None = None) -> None:
        blocked.refuse_name(wish.name)
        self.owner, self.wish = owner, wish
        self._room = size or 0
        self._reservation: UUID | None = quota.reserve(owner, self._room).pk
        try:
            self._incoming = incoming.begin()
        except BaseException:
            self._give_back()
            raise

    @property
    def size(self) -> int:
        return self._incoming.size

    def take(self, data: bytes | bytearray) -> None:
        """Raises StorageFull, DiskFull, Unreachable."""
        wanted = self._incoming.size + len(data)
        if wanted > self._room:
            self._grow(wanted)
        spare(self._incoming.path.parent, len(data))
        self._incoming.append(data)

    def store(self, also: Callable[[File], None] | None = None) -> File:
        """The file that it has become. ``also`` is called within the transaction. Raises AppError, and then nothing has changed."""
        blob = incoming.adopt(self._incoming)
        blocked.refuse_content(blob)
        with transaction.atomic():
            folder = placing.folder_of(self.owner, self.wish, self.wish.folder)
            there = placing.replaced(self.owner, folder, self.wish)
            file = actions.store(
                self.owner, folder, self.wish.name, blob, replacing=there, reservation=self._reservation
            )
            if also is not None:
                also(file)
        self._reservation = None
        return file

    def drop(self) -> None:
        """What was stored is a file by now, and the bytes that came are needed no more."""
        try:
            self._incoming.abandon()
        finally:
            self._give_back()

    def _grow(self, wanted: int) -> None:
        try:
            room = max(wanted, self._room + STEP)
            grown = self._reservation is not None and quota.grow(self._reservation, room)
        except StorageFull:
            # A whole step may be more than what is left, and the file shorter than the step.
            room = wanted
            grown = self._reservation is not None and quota.grow(self._reservation, room)
        if not grown:
            raise NotFound(code="no_such_upload")
        self._room = room

    def _give_back(self) -> None:
        reservation, self._reservation = self._reservation, None
        if reservation is not None:
            quota.cancel(reservation)


class Arrival:
    """An :class:`Intake` from the event loop, ``async with``: a batch of bytes in memory, threads for the rest."""

    def __init__(self, owner: User, wish: Wish, size: int | None = None) -> None:
        self._begun = owner, wish, size
        self._intake: Intake | None = None
        self._batch = bytearray()

    async def __aenter__(self) -> Self:
        # Not left behind by a thread that goes on after this task was cancelled.
        beginning = asyncio.ensure_future(in_slow_database(Intake, *self._begun))
        try:
            self._intake = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            self._intake = await beginning
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        intake, self._intake = self._intake, None
        if intake is not None:
            await asyncio.shield(in_slow_database(intake.drop))

    async def take(self, data: bytes) -> None:
        self._batch += data
        if len(self._batch) >= BATCH:
            await self._write()

    async def store(self) -> File:
        await self._write()
        assert self._intake is not None
        return await in_slow_database(self._intake.store)

    async def _write(self) -> None:
        assert self._intake is not None
        batch, self._batch = self._batch, bytearray()
        await in_slow_database(self._intake.take, batch)


async def lively(asked: Asked) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Disconnected also when nothing comes any more: the connection is taken for dead."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(SILENT_SECONDS) as limit:
            async for piece in asked.pieces():
                # What is done with the piece takes its time, which is not the sender's.
                limit.reschedule(None)
                yield piece
                limit.reschedule(loop.time() + SILENT_SECONDS)
    except TimeoutError:
        raise Disconnected from None


def check_room(owner: User, size: int) -> None:
    """Whether there is room for about as much, before any of it is read. What decides is taken as the bytes come. Raises StorageFull."""
    storage.expect(owner, max(0, size))
