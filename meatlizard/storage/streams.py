"""Files of the storage on their way to a browser."""

import asyncio
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
