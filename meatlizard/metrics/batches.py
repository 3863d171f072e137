"""What a process has counted and not stored yet, by the minute in which it was counted: the database may be away for a while."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from meatlizard.metrics.registry import Labels, Registry, Sums

MINUTE: Final = 60
MOST_MINUTES: Final = 180
"""Beyond that the two oldest are put together: an hour's figures stay right for longer than its curve."""

MARK: Final = "site_minutes_total"
"""Minutes in which some process of the site served: what uptime is made of."""


@dataclass(slots=True)
class Seen:
    """Of a level: how often it was looked at, the sum, the extremes."""

    n: int
    total: float
    least: float
    most: float

    def add(self, other: "Seen") -> None:
        self.n += other.n
        self.total += other.total
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)


Key = tuple[str, Labels]


@dataclass(slots=True)
class Minute:
    """Of the minute that began ``at``. ``sums`` and ``seen`` by name and labels; ``served``: whether this process served pages."""

    at: int
    sums: dict[Key, Sums] = field(default_factory=dict)
    seen: dict[Key, Seen] = field(default_factory=dict)
    served: bool = False

    def add(self, other: "Minute") -> None:
        for key, sums in other.sums.items():
            if key in self.sums:
                self.sums[key].add(sums)
            else:
                self.sums[key] = sums
        for key, seen in other.seen.items():
            if key in self.seen:
                self.seen[key].add(seen)
            else:
                self.seen[key] = seen
        self.served = self.served or other.served


class Waiting:
    """Minutes that wait to be stored. Used by one thread at a time."""

    def __init__(self) -> None:
        self._minutes: dict[int, Minute] = {}

    def take(self, registry: Registry, now: float | None = None) -> None:
        """What was counted since the last time, as of this minute."""
        minute = self.minute(now)
        for family in registry.counted.values():
            for labels, sums in family.taken().items():
                key = (family.family.name, labels)
                if key in minute.sums:
                    minute.sums[key].add(sums)
                else:
                    minute.sums[key] = sums

    def see(self, levels: Iterable[tuple[str, Labels, float]], now: float | None = None) -> None:
        minute = self.minute(now)
        for name, labels, value in levels:
            seen = Seen(1, value, value, value)
            if (name, labels) in minute.seen:
                minute.seen[name, labels].add(seen)
            else:
                minute.seen[name, labels] = seen

    def minute(self, now: float | None = None) -> Minute:
        at = int(time.time() if now is None else now)
        at -= at % MINUTE
        if at not in self._minutes:
            self._minutes[at] = Minute(at)
            self._bound()
        return self._minutes[at]

    def handed_over(self) -> list[Minute]:
        """All of them; they are the caller's, who gives them back where they could not be stored."""
        minutes, self._minutes = self._minutes, {}
        return [minutes[at] for at in sorted(minutes)]

    def _bound(self) -> None:
        while len(self._minutes) > MOST_MINUTES:
            oldest, second, *_rest = sorted(self._minutes)
            self._minutes[second].add(self._minutes.pop(oldest))
