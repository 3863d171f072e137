"""Events on their way through the pipe: text as bare tuples, because pickling an object costs more than choosing a token."""

import pickle
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final

from inference_client.engines.base import Event, Text

Parcel = list[Event | tuple[int, str, bool]]

_SHORT: Final = Struct("!i")
_LONG: Final = Struct("!Q")


def packed(events: Sequence[Event]) -> bytes:
    """What the other end's ``recv`` gives to ``opened``."""
    parcel: Parcel = [(event.run, event.text, event.thinking) if isinstance(event, Text) else event for event in events]
    return pickle.dumps(parcel, pickle.HIGHEST_PROTOCOL)


def opened(parcel: Parcel) -> list[Event]:
    """The events again."""
    return [Text(*event) if isinstance(event, tuple) else event for event in parcel]


class Frames:
    """Messages out of the bytes of a ``multiprocessing`` connection: each after its length in 4 bytes, big-endian, or
    after -1 and its length in 8.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        """The messages that are whole now."""
        self._bytes += data
        while len(self._bytes) >= _SHORT.size:
            start = _SHORT.size
            (length,) = _SHORT.unpack_from(self._bytes)
            if length == -1:
                start += _LONG.size
                if len(self._bytes) < start:
                    return
                (length,) = _LONG.unpack_from(self._bytes, _SHORT.size)
            if len(self._bytes) < start + length:
                return
            message = bytes(self._bytes[start : start + length])
            del self._bytes[: start + length]
            yield message
