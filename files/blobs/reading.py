"""Contents on their way out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Protocol

from files.blobs import places
from files.blobs.trouble import Gone
from files.models import Blob

PIECE = 262_144


class Kept(Protocol):
    """What lies in a storage: a content, or anything else under a name there. ``place``: where, as far as is known."""

    @property
    def place(self) -> str: ...

    @property
    def storage_name(self) -> str: ...


def open(blob: Kept) -> IO[bytes]:
    """To read and seek in. Raises Gone and Unreachable. Where it is not where the row says, it is looked for elsewhere."""
    for place in places.first(blob.place):
        try:
            return place.open(blob.storage_name)
        except FileNotFoundError:
            continue
    raise Gone


async def pieces(blob: Blob, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
    """The bytes from ``start`` to before ``stop``, each piece read in a thread. Raises Gone when they end too early."""
    file = await asyncio.to_thread(open, blob)
    try:
        await asyncio.to_thread(file.seek, start)
        left = (blob.size if stop is None else stop) - start
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE, left))
            if not piece:
                raise Gone
            left -= len(piece)
            yield piece
    finally:
        await asyncio.to_thread(file.close)


def local_path(blob: Kept) -> Path | None:
    """Where it lies on a disk of this machine."""
    for place in places.first(blob.place):
        path = place.path(blob.storage_name)
        if path is not None and path.is_file():
            return path
    return None


def presigned(blob: Kept, seconds: int, disposition: str, media_type: str) -> str | None:
    """An address at which a browser gets it from the bucket itself; None where it does not lie in one."""
    if blob.place not in places.names():
        return None
    return places.place(blob.place).presigned(blob.storage_name, seconds, disposition, media_type)
