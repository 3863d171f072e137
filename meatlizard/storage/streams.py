"""Files on their way to a browser."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import IO

PIECE = 262_144


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Reads it in a thread, and closes it whatever becomes of the answer."""
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)


class Sink(io.RawIOBase):
    """Where a ZIP file is written when nobody can go back in it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = bytes(self._written)
        self._written.clear()
        return found
