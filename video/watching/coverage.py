"""Pieces of a video, each ``(from, to)`` in seconds: pure arithmetic of what was watched of it."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

Piece: TypeAlias = tuple[float, float]

BUCKETS: Final = 100
MOST_PIECES: Final = 100
"""Pieces of one viewing that are kept apart; the shortest go first."""


def within(pieces: Iterable[Sequence[float]], duration: float) -> list[Piece]:
    """Those that lie in the video, cut at its ends; empty and turned ones are left out."""
    cut = ((max(0.0, piece[0]), min(duration, piece[1])) for piece in pieces)
    return [(start, end) for start, end in cut if end > start]


def length(pieces: Iterable[Piece]) -> float:
    return sum(end - start for start, end in pieces)


def first(pieces: Iterable[Piece], most: float) -> list[Piece]:
    """As many of them as take ``most`` seconds together, the last one cut."""
    taken = []
    for start, end in pieces:
        if most <= 0:
            break
        end = min(end, start + most)
        most -= end - start
        # What is left of the time may be too little to make a difference.
        if end > start:
            taken.append((start, end))
    return taken


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """In order and apart from each other, at most MOST_PIECES: what is dropped was watched all the same, and is only not known any more."""
    apart: list[Piece] = []
    for start, end in sorted(pieces):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    if len(apart) > MOST_PIECES:
        longest = sorted(apart, key=lambda piece: piece[0] - piece[1])[:MOST_PIECES]
        return sorted(longest)
    return apart


def reached(pieces: Iterable[Piece], duration: float) -> int:
    """The buckets of the video whose middle was seen, as bits."""
    bits = 0
    if duration <= 0:
        return bits
    for start, end in pieces:
        low = max(0, int(start / duration * BUCKETS) - 1)
        high = min(BUCKETS, int(end / duration * BUCKETS) + 1)
        for bucket in range(low, high):
            if start <= (bucket + 0.5) / BUCKETS * duration < end:
                bits |= 1 << bucket
    return bits


def buckets(bits: int) -> list[int]:
    return [bucket for bucket in range(BUCKETS) if bits >> bucket & 1]
