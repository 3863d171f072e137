"""What ``/metrics`` says: sums out of the database, levels looked up, and the health of the parts, each within its time."""

import asyncio
import logging
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from threading import Thread
from typing import Final

from django.db import connections

from meatlizard.health.examining import Examiner, shared
from meatlizard.metrics import exposition, parts
from meatlizard.metrics.readings import Levels, families, readings
from meatlizard.metrics.registry import Family, gauge, registry
from meatlizard.version import VERSION

log = logging.getLogger(__name__)

SECONDS: Final = 4.0
"""For the database, and beside it for the looks; who scrapes gives ten by default."""

COMPLETE: Final = gauge("metrics_complete", "0: the database did not answer in time, and only what needs none is here.")
ABOUT: Final = gauge("info", "Always 1; the version of the site.", ("version",))


def declared() -> dict[str, Family]:
    return registry.families() | families() | {one.name: one for one in (COMPLETE, ABOUT)}


async def answer(examiner: Examiner = shared) -> str:
    """Within about five seconds, whatever hangs."""
    looked, (sums, levels) = await asyncio.gather(parts.look(examiner), asyncio.to_thread(_from_database))
    levels = [
        *levels,
        *parts.levels(looked),
        (COMPLETE.name, (), float(sums is not None)),
        (ABOUT.name, (VERSION,), 1.0),
    ]
    return exposition.text(declared(), sums or {}, levels)


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
