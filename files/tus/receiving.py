"""Bytes from the network to the disk: two batches of them are in memory at most, one that gathers and one that a thread writes. The server
reads on only as they are taken, so a slow disk slows the sender down and fills no memory.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from django.utils import timezone

from files.asgi.asked import Asked, Disconnected
from files.tus import actions
from files.tus.protocol import Checksum, Locked, TooLong, WrongChecksum
from files.tus.sparing import spare
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from files.blobs.incoming import Incoming

BATCH: Final = 1 << 20
LATE_SECONDS: Final = 1.0
"""After which less than a batch is written too: what a slow connection has brought shall not be lost with the process."""

SILENT_SECONDS: Final = 60.0
"""Without a byte; then the connection is taken for dead, and what came is kept."""

STALLED_SECONDS: Final = 2.0
"""Without a byte; from then on whoever else wants to go on with the upload may."""

LOOK_SECONDS: Final = 1.0
Room: TypeAlias = Callable[[int], Awaitable[int]]
"""Takes room for so many bytes in all; how many there is room for then."""


class Reception:
    """One request's bytes for ``incoming``, which nobody else writes to meanwhile.

    ``most``: as long as it may become; None where ``room`` decides that. ``upload``: whom to ask whether somebody else wants to go on.
    """

    def __init__(
        self, asked: Asked, incoming: "Incoming", *, most: int | None, checksum: Checksum | None = None,
        room: Room | None = None, upload: uuid.UUID | None = None,
    ) -> None:  # fmt: skip
        self._asked, self._incoming, self._upload = asked, incoming, upload
        self._before = self._size = self._roomy = incoming.size
        self._most, self._room = most, room
        self._checksum, self._sum = checksum, checksum.new() if checksum is not None else None
        self._writing: asyncio.Future[None] | None = None
        self._waiting: asyncio.Timeout | None = None
        self._last = asyncio.get_running_loop().time()
        self._over = False

    async def take(self) -> None:
        """Takes all that comes. Whatever is raised, what ``incoming`` holds then counts: of a piece with a checksum all or nothing, otherwise
        as much as has come; and nothing is written any more.

        Raises Disconnected (after SILENT_SECONDS too), Locked when it stalls and somebody else goes on, TooLong, WrongChecksum, DiskFull,
        StorageFull.
        """
        watching = asyncio.create_task(self._watch())
        try:
            await self._take_all()
        except BaseException as error:
            await self._written(quietly=True)
            if self._checksum is not None or isinstance(error, TooLong):
                await asyncio.to_thread(self._incoming.cut, self._before)
            raise
        finally:
            watching.cancel()

    async def _take_all(self) -> None:
        loop = asyncio.get_running_loop()
        pieces = self._asked.pieces()
        batch, late = bytearray(), loop.time() + LATE_SECONDS
        try:
            while (piece := await self._next(pieces)) is not None:
                batch += piece
                if self._most is not None and self._size + len(batch) > self._most:
                    raise TooLong
                if len(batch) >= BATCH or loop.time() > late:
                    await self._write(batch)
                    batch, late = bytearray(), loop.time() + LATE_SECONDS
        except (Disconnected, Locked):
            await self._write(batch)
            await self._written()
            raise
        await self._write(batch)
        await self._written()
        if self._checksum is not None and self._sum is not None and self._sum.digest() != self._checksum.digest:
            raise WrongChecksum

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        """None at the end."""
        if self._over:
            raise Locked
        try:
            async with asyncio.timeout(SILENT_SECONDS) as self._waiting:
                return await anext(pieces, None)
        except TimeoutError:
            raise (Locked if self._over else Disconnected) from None
        finally:
            self._waiting, self._last = None, asyncio.get_running_loop().time()

    async def _write(self, batch: bytearray) -> None:
        """Has it written, once the batch before is."""
        await self._written()
        if not batch:
            return
        self._size += len(batch)
        if self._room is not None and self._size > self._roomy:
            self._roomy = await self._room(self._size)
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._append, batch)

    def _append(self, batch: bytearray) -> None:
        spare(self._incoming.path.parent, len(batch))
        self._incoming.append(batch)
        if self._sum is not None:
            self._sum.update(batch)

    async def _written(self, *, quietly: bool = False) -> None:
        if self._writing is None:
            return
        # The thread goes on even if this task is to end, and nobody else may have the file before.
        await asyncio.wait({self._writing})
        writing, self._writing = self._writing, None
        if not quietly:
            writing.result()

    async def _watch(self) -> None:
        """Ends the waiting for bytes when the upload was given up, or stalls and is wanted."""
        if self._upload is None:
            return
        begun, loop = timezone.now(), asyncio.get_running_loop()
        while not self._over:
            await asyncio.sleep(LOOK_SECONDS)
            stalled = loop.time() - self._last >= STALLED_SECONDS
            self._over = await in_database(actions.is_over, self._upload, begun if stalled else None)
        if self._waiting is not None:
            self._waiting.reschedule(loop.time())
