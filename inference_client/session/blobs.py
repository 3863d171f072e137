"""Bytes of images and recordings: put together as their parts come, kept for the jobs that name them."""

import binascii
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import BlobPart

KEPT_BYTES: Final = 128 * 2**20
"""Of all blobs together; what was used longest ago goes first, and a job that names it is refused for a resend."""

KEPT_BLOBS: Final = 4096
"""Each takes a kilobyte beside its bytes: of the smallest ones, the bound above would let millions in."""


@dataclass(slots=True)
class _Growing:
    total: int
    data: bytearray = field(default_factory=bytearray)
    # Hashed as they come: 32 MiB at once would hold up every stream for tens of milliseconds.
    hash: Any = field(default_factory=hashlib.sha256)


class Blobs:
    """At most ``kept`` bytes, whole ones and growing ones together. Parts of different blobs may be mixed."""

    def __init__(self, kept: int = KEPT_BYTES) -> None:
        self._kept = kept
        self._size = 0
        self._blobs: OrderedDict[str, bytes | _Growing] = OrderedDict()

    def add(self, part: BlobPart) -> None:
        """The next part of a blob. Raises ChannelError ``bad_message`` for a gap, wrong sizes, no base64, another hash.

        A first part begins the blob anew unless all of it is here already.
        """
        try:
            data = binascii.a2b_base64(part.data, strict_mode=True)
        except binascii.Error:
            raise ChannelError("bad_message", "a blob's part is not base64") from None
        found = self._blobs.get(part.blob)
        if isinstance(found, bytes):
            self._same(found, part, data)
            self._blobs.move_to_end(part.blob)
            return
        if part.offset == 0:
            self._forget(part.blob)
            found = self._blobs[part.blob] = _Growing(part.total)
        if found is None or part.offset != len(found.data) or part.total != found.total:
            raise ChannelError("bad_message", "a blob's part does not follow the one before")
        if part.offset + len(data) > part.total:
            raise ChannelError("bad_message", "a blob is longer than it said")
        self._grow(part.blob, found, data)

    def get(self, blob: str) -> bytes | None:
        """The whole blob if it is here; it counts as used."""
        found = self._blobs.get(blob)
        if not isinstance(found, bytes):
            return None
        self._blobs.move_to_end(blob)
        return found

    def drop_growing(self) -> None:
        """The connection is gone: what is not whole will be sent from its beginning."""
        for blob in [blob for blob, found in self._blobs.items() if isinstance(found, _Growing)]:
            self._forget(blob)

    @property
    def size(self) -> int:
        """Bytes kept now."""
        return self._size

    def _grow(self, blob: str, found: _Growing, data: bytes) -> None:
        found.data += data
        found.hash.update(data)
        self._size += len(data)
        self._blobs.move_to_end(blob)
        if len(found.data) == found.total:
            if found.hash.hexdigest() != blob:
                raise ChannelError("bad_message", "a blob's bytes do not have its hash")
            self._blobs[blob] = bytes(found.data)
        while (self._size > self._kept and len(self._blobs) > 1) or len(self._blobs) > KEPT_BLOBS:
            self._forget(next(iter(self._blobs)))

    def _forget(self, blob: str) -> None:
        found = self._blobs.pop(blob, None)
        if found is not None:
            self._size -= len(found if isinstance(found, bytes) else found.data)

    @staticmethod
    def _same(found: bytes, part: BlobPart, data: bytes) -> None:
        if part.total != len(found) or found[part.offset : part.offset + len(data)] != data:
            raise ChannelError("bad_message", "a blob's part does not fit its hash")
