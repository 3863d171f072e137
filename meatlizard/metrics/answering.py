"""What ``/metrics`` says: sums out of the database, levels looked up, and the health of the parts, each within its time."""

import asyncio
import logging
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from threading import Thread
from typing import Final

from django.db import connections

from meatlizard.health.components import all_components
from meatlizard.health.examining import Examiner, Looked, shared
from meatlizard.metrics import exposition
from meatlizard.metrics.readings import Levels, families, readings
from meatlizard.metrics.registry import Family, gauge, registry
from meatlizard.version import VERSION

log = logging.getLogger(__name__)

SECONDS: Final = 4.0
"""For the database, and beside it for the looks; who scrapes gives ten by default."""

HEALTH: Final = gauge("health", "1: good, 0.5: not as it should be, 0: down.", ("component",))
COMPLETE: Final = gauge("metrics_complete", "0: the database did not answer in time, and only what needs none is here.")
ABOUT: Final = gauge("info", "Always 1; the version of the site.", ("version",))
STATES: Final = {"good": 1.0, "warning": 0.5, "down": 0.0}


def declared() -> dict[str, Family]:
    return registry.families() | families() | {one.name: one for one in (HEALTH, COMPLETE, ABOUT)}


async def answer(examiner: Examiner = shared) -> str:
    """Within about five seconds, whatever hangs."""
    looked, (sums, levels) = await asyncio.gather(examiner.examine(all_components()), asyncio.to_thread(_from_database))
    levels = [
        *levels,
        *health_levels(looked),
        (COMPLETE.name, (), float(sums is not None)),
        (ABOUT.name, (VERSION,), 1.0),
    ]
    return exposition.text(declared(), sums or {}, levels)


def health_levels(looked: list[Looked]) -> Levels:
    """Parts that are not there by choice are left out."""
    return [
        (HEALTH.name, (one.component.name,), STATES[one.found.state]) for one in looked if one.found.state in STATES
    ]


def _from_database() -> tuple[exposition.Totals | None, Levels]:
    """Sums are told only if all can be: half of them would look like counters that went back."""
    end = time.monotonic() + SECONDS
    sums = _asked.ask(SECONDS)
    if sums is None:
        return None, []
    try:
        return sums, readings.levels(max(0.1, end - time.monotonic()))
    except TimeoutError:
        return sums, []


class _Asked:
    """One question to the database at a time, in a thread of its own: one that hangs holds up no second one."""

    def __init__(self) -> None:
        self._now: Future[exposition.Totals | None] | None = None

    def ask(self, seconds: float) -> exposition.Totals | None:
        future = self._now
        if future is None or future.done():
            future = self._now = Future()
            Thread(target=self._run, args=(future,), name="metrics totals", daemon=True).start()
        try:
            return future.result(seconds)
        except NotInTime:
            return None

    @staticmethod
    def _run(future: "Future[exposition.Totals | None]") -> None:
        found = None
        try:
            found = exposition.totals()
        except Exception as error:
            log.warning("metrics.no_totals", extra={"error": type(error).__name__})
        finally:
            connections.close_all()
        future.set_result(found)


_asked = _Asked()
