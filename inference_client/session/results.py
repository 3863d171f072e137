"""Results that are not text, as messages of the wire, each below its limit and made only when it is sent."""

import base64
import hashlib
from typing import Final, Protocol
from uuid import UUID

from inference_client.engines.base import Picture, Vectors
from inference_client.protocol import messages as wire

PART_BYTES: Final = 96 * 1024
"""Of an image in one message: less than the wire allows, so that on a slow line text does not wait long behind it."""

VECTOR_BYTES: Final = 192 * 1024
"""Of vectors in one message, unless one alone is larger."""

MAX_VECTOR: Final = 4 * 65_536
"""Bytes of one vector: as many dimensions as a model may have."""


class Result(Protocol):
    """``len`` messages, which ``message`` makes by number; the same number gives the same message."""

    def __len__(self) -> int: ...

    def message(self, number: int, generation: UUID, epoch: int) -> wire.FromNode: ...


class _Vectors:
    def __init__(self, vectors: tuple[bytes, ...]) -> None:
        self._vectors = vectors
        self._first = [0]
        size = 0
        for number, vector in enumerate(vectors):
            if size + len(vector) > VECTOR_BYTES:
                self._first.append(number)
                size = 0
            size += len(vector)

    def __len__(self) -> int:
        return len(self._first)

    def message(self, number: int, generation: UUID, epoch: int) -> wire.Embedded:
        first = self._first[number]
        end = self._first[number + 1] if number + 1 < len(self._first) else len(self._vectors)
        encoded = tuple(base64.b64encode(vector).decode() for vector in self._vectors[first:end])
        return wire.Embedded(generation=generation, epoch=epoch, first=first, vectors=encoded)


class _Painted:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._blob = hashlib.sha256(picture.data).hexdigest()
        self._parts = -(-len(picture.data) // PART_BYTES)

    def __len__(self) -> int:
        return self._parts + 1

    def message(self, number: int, generation: UUID, epoch: int) -> wire.BlobPart | wire.Painted:
        if number == self._parts:
            media_type = self._picture.media_type
            return wire.Painted(generation=generation, epoch=epoch, blob=self._blob, media_type=media_type)
        offset = number * PART_BYTES
        data = base64.b64encode(self._picture.data[offset : offset + PART_BYTES]).decode()
        return wire.BlobPart(blob=self._blob, offset=offset, total=len(self._picture.data), data=data)


def vectors_of(event: Vectors, due: int) -> Result:
    """Raises ValueError unless there are ``due`` vectors of a size a model may have, all alike."""
    sizes = {len(vector) for vector in event.vectors}
    if len(event.vectors) != due or len(sizes) != 1 or not 0 < max(sizes) <= MAX_VECTOR or max(sizes) % 4:
        raise ValueError("the engine's vectors do not answer what was asked")
    return _Vectors(event.vectors)


def painted(event: Picture) -> Result:
    """Raises ValueError for an image without bytes or with too many."""
    if not 0 < len(event.data) <= wire.MAX_BLOB:
        raise ValueError(f"an image of {len(event.data)} bytes, 1 to {wire.MAX_BLOB} are allowed")
    return _Painted(event)
