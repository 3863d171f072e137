"""A text's meaning as 384 numbers, and which model they are of."""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import mul
from typing import Final

MODEL: Final = "all-MiniLM-L6-v2"
"""What vectors are made with. Those of another model stay where they are, unfound, until they are made anew."""

DIMENSIONS: Final = 384

_HALVES: Final = struct.Struct(f"<{DIMENSIONS}e")


@dataclass(frozen=True, slots=True)
class Vector:
    """Of length 1. ``numbers`` are 16-bit floats, little-endian: 768 bytes. Only vectors of one model can be compared."""

    model: str
    numbers: bytes = field(repr=False)

    @classmethod
    def of(cls, model: str, numbers: Iterable[float]) -> "Vector":
        """Brought to length 1. Raises ValueError for a wrong number of them, and for those that have no direction."""
        found = tuple(numbers)
        length = math.hypot(*found)
        if len(found) != DIMENSIONS or not math.isfinite(length) or not length:
            raise ValueError(f"no direction in {DIMENSIONS} dimensions")
        return cls(model, _HALVES.pack(*(one / length for one in found)))

    def floats(self) -> tuple[float, ...]:
        return floats(self.numbers)

    def similarity(self, other: "Vector") -> float:
        """The cosine: 1 for the same meaning, around 0 for nothing in common. Raises ValueError across models."""
        if self.model != other.model:
            raise ValueError(f"{self.model} and {other.model} cannot be compared")
        return similarity(self.floats(), other.numbers)


def floats(numbers: bytes) -> tuple[float, ...]:
    return _HALVES.unpack(numbers)


def similarity(one: tuple[float, ...], other: bytes) -> float:
    found: float = sum(map(mul, one, _HALVES.unpack(other)))
    return found


_SIGNS: Final = bytes(ord("0") + (byte >> 7) for byte in range(256))


def signs(numbers: bytes) -> bytes:
    """One bit a number, 48 bytes: how many of them differ says roughly how far two vectors are from each other."""
    return int(numbers[1::2].translate(_SIGNS), 2).to_bytes(DIMENSIONS // 8, "big")
