"""Bytes of recordings and images: to a node in parts between other messages, and from a node put together again."""

import asyncio
import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.files.storage import default_storage

from chat.inference.link import Link
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import BLOB_PART, MAX_BLOB, BlobPart

MAX_INCOMING = 2
"""Blobs of one node that may be unfinished at once; it sends one after the other."""

SIGNATURES = {"image/png": rb"\x89PNG\r\n\x1a\n", "image/jpeg": rb"\xff\xd8\xff", "image/webp": rb"(?s:RIFF....WEBP)"}
"""How files of these types begin."""


class Lost(Exception):
    """The bytes are gone, or are not those that were stored."""


class BlobSender:
    """Of one node's session. Parts of several blobs take turns, and each waits until the one before has gone out: on a slow
    line a stop or an acknowledgement waits behind one part at most.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._turn = asyncio.Lock()
        self._sending: dict[str, tuple[asyncio.Lock, list[str]]] = {}

    async def send(self, name: str, sha256: str) -> None:
        """Sends the file ``name`` of the storage as blob ``sha256``. Raises Lost."""
        # Two jobs may want the same bytes; its parts must come in order.
        lock, wanting = self._sending.setdefault(sha256, (asyncio.Lock(), []))
        wanting.append(name)
        try:
            async with lock:
                await self._send(name, sha256)
        finally:
            wanting.remove(name)
            if not wanting:
                self._sending.pop(sha256, None)

    async def _send(self, name: str, sha256: str) -> None:
        try:
            file, total = await asyncio.to_thread(_open, name)
        except OSError as error:
            raise Lost(str(error)) from error
        offset, digest = 0, hashlib.sha256()
        try:
            while offset < total and not self._link.closed:
                size, data = await asyncio.to_thread(_part, file, digest)
                if not size:
                    raise Lost("the file is shorter than it was")
                # A node that gets other bytes than it was told of closes the link, each time anew.
                if offset + size >= total and digest.hexdigest() != sha256:
                    raise Lost("the file has changed")
                async with self._turn:
                    self._link.send(BlobPart(blob=sha256, offset=offset, total=total, data=data))
                    await self._link.flushed()
                offset += size
        finally:
            await asyncio.to_thread(file.close)


def _open(name: str) -> tuple[IO[Any], int]:
    file = default_storage.open(name)
    return file, int(file.size)


def _part(file: IO[Any], digest: Any) -> tuple[int, str]:
    data = file.read(BLOB_PART)
    digest.update(data)
    return len(data), base64.b64encode(data).decode()


@dataclass(slots=True)
class _Growing:
    total: int
    length: int = 0
    parts: list[str] = field(default_factory=list)


class Incoming:
    """What a node sends of its images. Parts are kept as they came; to decode them is work for a thread."""

    def __init__(self) -> None:
        self._blobs: dict[str, _Growing] = {}

    def add(self, part: BlobPart) -> None:
        """Raises ChannelError for a part that does not follow the one before."""
        if part.offset == 0:
            self._blobs[part.blob] = _Growing(part.total)
            while len(self._blobs) > MAX_INCOMING:
                del self._blobs[next(iter(self._blobs))]
        blob = self._blobs.get(part.blob)
        if blob is None or (part.offset, part.total) != (blob.length, blob.total):
            raise ChannelError("out_of_order", "a part of a blob is missing")
        blob.length += len(part.data) * 3 // 4 - part.data[-2:].count("=")
        blob.parts.append(part.data)
        if blob.length > min(blob.total, MAX_BLOB):
            raise ChannelError("bad_message", "a blob is longer than it said")

    def take(self, sha256: str) -> list[str]:
        """All parts. Raises ChannelError when some have not come."""
        blob = self._blobs.pop(sha256, None)
        if blob is None or blob.length != blob.total:
            raise ChannelError("out_of_order", "an image before its bytes")
        return blob.parts


def decoded(parts: list[str], sha256: str, media_type: str) -> bytes:
    """Raises ValueError for what is no base64, has another hash, or is no such image."""
    try:
        data = b"".join(binascii.a2b_base64(part, strict_mode=True) for part in parts)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("another hash")
    if not re.match(SIGNATURES[media_type], data):
        raise ValueError(f"no {media_type}")
    return data
