"""Messages greater than one frame: cut on one side, put together on the other.

The first fragment begins with the size of the whole (u32, big-endian). Every fragment but the last is full and
nothing may come between them, so a message has one encoding only and a receiver holds at most one unfinished message.
"""

from collections.abc import Iterator
from typing import Final

from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import FLAG_FIRST, FLAG_NEXT, MAX_MESSAGE
from inference_client.protocol.padding import MAX_CONTENT

_SIZE_BYTES: Final = 4


def split(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(flag, content) of each frame for ``payload``, which must be greater than ``MAX_CONTENT``."""
    first = MAX_CONTENT - _SIZE_BYTES
    yield FLAG_FIRST, len(payload).to_bytes(_SIZE_BYTES, "big") + payload[:first]
    for start in range(first, len(payload), MAX_CONTENT):
        yield FLAG_NEXT, payload[start : start + MAX_CONTENT]


class Assembler:
    """Puts the fragments of one direction together."""

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._kind: tuple[int, int] | None = None
        self._total = 0
        self._parts = bytearray()

    @property
    def busy(self) -> bool:
        """A message has begun and is not whole yet; only its next fragment may come."""
        return self._kind is not None

    def begin(self, type_: int, extra: int, content: bytes) -> None:
        """Takes a first fragment. Raises ChannelError ``too_large`` or ``bad_frame``."""
        total = int.from_bytes(content[:_SIZE_BYTES], "big")
        if total > self._limit:
            raise ChannelError("too_large", f"a message of {total} bytes was announced")
        if self.busy or total <= MAX_CONTENT or len(content) != MAX_CONTENT:
            raise ChannelError("bad_frame", "not a proper first fragment")
        self._kind = (type_, extra)
        self._total = total
        self._parts = bytearray(content[_SIZE_BYTES:])

    def add(self, type_: int, extra: int, content: bytes) -> bytes | None:
        """Takes a later fragment; returns the message once it is whole. Raises ChannelError ``bad_frame``."""
        missing = self._total - len(self._parts)
        if self._kind != (type_, extra) or len(content) != min(missing, MAX_CONTENT):
            raise ChannelError("bad_frame", "not a proper later fragment")
        self._parts += content
        if len(content) < missing:
            return None
        whole = bytes(self._parts)
        self._kind = None
        self._parts = bytearray()
        return whole
