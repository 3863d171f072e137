"""Counters, histograms and levels of this process. Adding to one costs some hundreds of nanoseconds: a lookup under a lock, no label is
written out, nothing is stored. Every few seconds what was added since is taken away and stored (:mod:`meatlizard.metrics.storing`).
"""

import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, TypeVar, cast

PREFIX: Final = "meatlizard_"
MOST_SERIES: Final = 300
"""Of one name in one process. Names of models and clients come from outside; whatever is beyond counts as ``other``."""

MOST_LABEL: Final = 100
OTHER: Final = "other"

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
INFINITE: Final = float("inf")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")

Kind = Literal["counter", "histogram", "gauge"]
Labels: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """What is told of a name. ``help`` is for Prometheus and in English, as metrics are named there."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


@dataclass(slots=True)
class Sums:
    """What was added to one series. ``buckets``: observations up to each bound and not up to the one before; the last has none."""

    n: int = 0
    total: float = 0.0
    buckets: list[int] = field(default_factory=list)

    def add(self, other: "Sums") -> None:
        self.n += other.n
        self.total += other.total
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]


class _Counted:
    """What counters and histograms share: which labels there are, and taking away what was added."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._lock = threading.Lock()
        self._sums: dict[Labels, Sums] = {}
        self._known: dict[Labels, Labels] = {}

    def taken(self) -> dict[Labels, Sums]:
        """All that was added since the last time."""
        with self._lock:
            taken, self._sums = self._sums, {}
        return taken

    def _begin(self, labels: Labels) -> Sums:
        """The sums of labels that are met for the first time since all were taken, or that had to be cleaned. Called with the lock held."""
        kept = self._known.get(labels)
        if kept is None:
            if len(labels) != len(self.family.labels):
                raise ValueError(f"{self.family.name} has the labels {self.family.labels}")
            full = len(self._known) >= MOST_SERIES
            kept = (OTHER,) * len(labels) if full else tuple(map(clean, labels))
            if not full:
                self._known[labels] = kept
        sums = self._sums.get(kept)
        if sums is None:
            sums = self._sums[kept] = Sums(buckets=[0] * (len(self.family.bounds) + 1) if self.family.bounds else [])
        return sums


class Counter(_Counted):
    def add(self, *labels: str, by: float = 1.0) -> None:
        with self._lock:
            sums = self._sums.get(labels)
            if sums is None:
                sums = self._begin(labels)
            sums.n += 1
            sums.total += by


class Histogram(_Counted):
    def observe(self, value: float, *labels: str) -> None:
        with self._lock:
            sums = self._sums.get(labels)
            if sums is None:
                sums = self._begin(labels)
            sums.n += 1
            sums.total += value
            sums.buckets[bisect_left(self.family.bounds, value)] += 1

    @contextmanager
    def timed(self, *labels: str) -> Iterator[None]:
        """Observes the seconds that the block takes, also when it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began, *labels)


class Level:
    """A number of this process that goes up and down. Those of all processes are added up."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {}

    def move(self, by: float, *labels: str) -> None:
        with self._lock:
            self._values[labels] = self._values.get(labels, 0.0) + by

    def set(self, value: float, *labels: str) -> None:
        with self._lock:
            self._values[labels] = value

    def values(self) -> dict[Labels, float]:
        with self._lock:
            values = dict(self._values)
        return {tuple(map(clean, labels)): value for labels, value in values.items()}


class Asked(Level):
    """A level that is asked for when it is wanted."""

    def __init__(self, family: Family, ask: Callable[[], float | None]) -> None:
        super().__init__(family)
        self._ask = ask

    def values(self) -> dict[Labels, float]:
        value = self._ask()
        return {} if value is None else {(): value}


C = TypeVar("C", Counter, Histogram)


class Registry:
    """One for each process; tests make their own."""

    def __init__(self) -> None:
        self.counted: dict[str, Counter | Histogram] = {}
        self.levels: dict[str, Level] = {}

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Counter:
        """``name`` ends in ``_total``, as Prometheus has it."""
        if not name.endswith("_total"):
            raise ValueError(f"the counter {name} must end in _total")
        return self._keep(Counter(_family(name, "counter", help, labels)))

    def histogram(
        self, name: str, help: str, labels: Sequence[str] = (), bounds: tuple[float, ...] = SECONDS
    ) -> Histogram:
        return self._keep(Histogram(_family(name, "histogram", help, labels, bounds)))

    def level(self, name: str, help: str, labels: Sequence[str] = ()) -> Level:
        return self._level(Level(_family(name, "gauge", help, labels)))

    def asked(self, name: str, help: str, ask: Callable[[], float | None]) -> Level:
        return self._level(Asked(_family(name, "gauge", help), ask))

    def families(self) -> dict[str, Family]:
        return {one.family.name: one.family for one in (*self.counted.values(), *self.levels.values())}

    def _keep(self, made: C) -> C:
        known = self._known(made.family)
        if known is None:
            self.counted[made.family.name] = made
        return made if known is None else cast(C, known)

    def _level(self, made: Level) -> Level:
        known = self._known(made.family)
        if known is None:
            self.levels[made.family.name] = made
        return made if known is None else cast(Level, known)

    def _known(self, family: Family) -> object:
        """The same one, where applications are made ready a second time. Raises ValueError for another one of that name."""
        known = self.counted.get(family.name) or self.levels.get(family.name)
        if known is not None and known.family != family:
            raise ValueError(f"there are two metrics named {family.name}")
        return known


def gauge(name: str, help: str = "", labels: Sequence[str] = ()) -> Family:
    return _family(name, "gauge", help, labels)


def _family(name: str, kind: Kind, help: str, labels: Sequence[str] = (), bounds: tuple[float, ...] = ()) -> Family:
    if not _NAME.fullmatch(name) or not all(_NAME.fullmatch(label) and label != "le" for label in labels):
        raise ValueError(f"{name} {labels}: letters, digits and underlines")
    if tuple(sorted(bounds)) != bounds:
        raise ValueError(f"the bounds of {name} must rise")
    return Family(PREFIX + name, kind, help, tuple(labels), bounds)


def clean(label: str) -> str:
    """As it is kept: what comes from outside may hold anything, and neither PostgreSQL nor Prometheus takes everything."""
    return _CONTROLS.sub(" ", str(label))[:MOST_LABEL].encode("utf-8", "replace").decode()


registry = Registry()
counter, histogram, level, asked = registry.counter, registry.histogram, registry.level, registry.asked
