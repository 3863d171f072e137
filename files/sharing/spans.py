"""Which bytes of a file have gone out, over any number of requests. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

Span: TypeAlias = Sequence[int]
"""Start and stop, the latter not included."""

MOST: Final = 1_000
"""Gaps that are remembered; who makes more has the smallest ones closed."""


def added(spans: Iterable[Span], start: int, stop: int) -> list[list[int]]:
    """``spans`` with ``start`` to ``stop``, apart and in order."""
    found: list[list[int]] = []
    for first, last in sorted([*((one[0], one[1]) for one in spans), (start, stop)]):
        if first >= last:
            continue
        if found and first <= found[-1][1]:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    while len(found) > MOST:
        at = min(range(1, len(found)), key=lambda place: found[place][0] - found[place - 1][1])
        found[at - 1][1] = found.pop(at)[1]
    return found


def covered(spans: Iterable[Span]) -> int:
    return sum(stop - start for start, stop in spans)


def is_whole(spans: Sequence[Span], size: int) -> bool:
    return not size or (len(spans) == 1 and spans[0][0] <= 0 and spans[0][1] >= size)
