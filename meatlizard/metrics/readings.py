"""What is not counted but looked up: how many wait, what clients say of their GPUs, how full the disk is. Apps register functions that
look; one thread at a time runs them, and what it found is told again for a while, however often somebody asks.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Final, NamedTuple, TypeAlias

from django.db import connections

from meatlizard.metrics.registry import Family, Labels, clean, gauge

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 5.0


class Found(NamedTuple):
    """``name`` without the prefix that all names have."""

    name: str
    value: float
    labels: Labels = ()


Look: TypeAlias = Callable[[], Iterable[Found]]
Levels: TypeAlias = list[tuple[str, Labels, float]]

_looks: dict[str, Look] = {}
_families: dict[str, Family] = {}


def reading(name: str, look: Look, *told: tuple[str, str, tuple[str, ...]]) -> None:
    """Registers ``look``, which may read the database. ``told``: name, help and labels of what it finds. A second one of the same name
    takes the place of the first."""
    _looks[name] = look
    for one, help, labels in told:
        declare(gauge(one, help, labels))


def declare(family: Family) -> Family:
    """Of a level that somebody else looks at."""
    _families[family.name] = family
    return family


def families() -> dict[str, Family]:
    return dict(_families)


class Readings:
    """One for each process. May be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Future[Levels] | None = None
        self._ended = 0.0
        self._last: Levels = []

    def levels(self, seconds: float) -> Levels:
        """What was found, no more than some seconds ago. Raises TimeoutError when that takes longer than ``seconds``: the looks go on,
        and nobody begins them a second time."""
        with self._lock:
            if self._now is None and time.monotonic() - self._ended < FRESH_SECONDS:
                return self._last
            if self._now is None:
                self._now = Future()
                # A daemon: looks that hang must not keep the process from ending.
                threading.Thread(target=self._run, args=(self._now,), name="metrics readings", daemon=True).start()
            under_way = self._now
        try:
            return under_way.result(seconds)
        except NotInTime:
            raise TimeoutError from None

    def _run(self, future: "Future[Levels]") -> None:
        try:
            found = [one for name, look in tuple(_looks.items()) for one in _looked(name, look)]
        finally:
            connections.close_all()
        with self._lock:
            self._last, self._ended, self._now = found, time.monotonic(), None
        future.set_result(found)


def _looked(name: str, look: Look) -> Levels:
    """Nothing where it fails: the others are told all the same."""
    try:
        found = list(look())
        return [(gauge(one.name).name, tuple(map(clean, one.labels)), float(one.value)) for one in found]
    except Exception as error:
        log.warning("metrics.reading_failed", extra={"reading": name, "error": type(error).__name__})
        return []


readings = Readings()
