"""Stores what this process has counted every few seconds, and looks once a minute at what is not counted.

A thread of its own, not the event loop's or the pool's: while the database hangs, this hangs alone.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.core.cache import cache
from django.db import Error as DatabaseTrouble
from django.db import connections

from meatlizard.metrics import readings, storing
from meatlizard.metrics.batches import Minute, Waiting
from meatlizard.metrics.registry import Registry, registry
from meatlizard.outages import redis_errors

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 10.0
SAMPLE_SECONDS: Final = 60
CLEAR_SECONDS: Final = 3600.0
READING_SECONDS: Final = 20.0


class Keeper:
    """``serving``: whether this process answers people, so that its minutes count for the site's uptime."""

    def __init__(self, registry: Registry = registry, *, serving: bool = False, kind: str = "") -> None:
        self._registry, self._serving = registry, serving
        self._store = storing.Store(lambda: registry.families() | readings.families(), kind)
        self._waiting = Waiting()
        self._number = 0
        self._unsure: list[Minute] = []
        self._sampled = self._cleared = 0.0
        self._lock = threading.Lock()
        self.more: list[Callable[[], readings.Levels]] = []

    def tick(self, now: float | None = None) -> None:
        """Everything that is due. Raises what the database raises; nothing is lost by that."""
        now = time.time() if now is None else now
        if now // SAMPLE_SECONDS != self._sampled // SAMPLE_SECONDS:
            self._sampled = now
            self.sample(now)
        self.flush(now)
        if now - self._cleared >= CLEAR_SECONDS:
            self._cleared = now
            storing.clear()

    def sample(self, now: float | None = None) -> None:
        """Looks at levels, as of this minute. What belongs to the whole site is looked at by one process, if the cache tells which."""
        for more in self.more:
            self._waiting.see(more(), now)
        if self._serving:
            self._waiting.minute(now).served = True
        if self._serving and _first_this_minute(now):
            try:
                self._waiting.see(readings.readings.levels(READING_SECONDS), now)
            except TimeoutError:
                log.warning("metrics.readings_late")

    def flush(self, now: float | None = None) -> bool:
        """Stores what was counted; whether there was something."""
        with self._lock:
            self._waiting.take(self._registry, now)
            if not self._unsure:
                self._unsure = self._waiting.handed_over()
                self._number += 1
            levels = [
                (name, labels, value)
                for name, family in tuple(self._registry.levels.items())
                for labels, value in family.values().items()
            ]
            # The same number as before, where it is not known whether that was stored: then exactly the same, too.
            added = self._store.add(self._number, self._unsure, levels)
            self._unsure = []
            return added


def _first_this_minute(now: float | None) -> bool:
    minute = int(time.time() if now is None else now) // SAMPLE_SECONDS
    try:
        return bool(cache.add(f"metrics:sampled:{minute}", os.getpid(), 3 * SAMPLE_SECONDS))
    except redis_errors():
        # Twice looked at is the same mean.
        return True


class Loop:
    """A keeper's thread."""

    def __init__(self, keeper: Keeper, seconds: float = FLUSH_SECONDS) -> None:
        self._keeper, self._seconds = keeper, seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> "Loop":
        self._thread.start()
        return self

    def stop(self, seconds: float = 2.0) -> None:
        """Stores what is there once more, and waits no longer than that."""
        self._end.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        trouble = ""
        try:
            while not self._end.wait(self._seconds):
                trouble = self._tick(self._keeper.tick, trouble)
            self._tick(self._keeper.flush, trouble)
        finally:
            connections.close_all()

    def _tick(self, verb: Callable[[], Any], trouble: str) -> str:
        try:
            verb()
        except DatabaseTrouble as error:
            connections.close_all()
            # Once, not every ten seconds while it is away.
            if not trouble:
                log.warning("metrics.wait_for_the_database", extra={"error": type(error).__name__})
            return type(error).__name__
        except Exception:
            log.exception("metrics.trouble")
            connections.close_all()
            return "trouble"
        return ""
