"""How the parts of the site stand, as measurements: looked at once a minute by each serving process, and told to Prometheus."""

import asyncio
import time
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import Final

from meatlizard.health.components import all_components
from meatlizard.health.examining import Examiner, Looked, shared
from meatlizard.metrics.readings import Levels, declare
from meatlizard.metrics.registry import gauge

HEALTH: Final = declare(gauge("health", "1: good, 0.5: not as it should be, 0: down.", ("component",)))
UP: Final = declare(gauge("component_up", "0: down, 1: not down.", ("component",)))
STATES: Final = {"good": 1.0, "warning": 0.5, "down": 0.0}
LONGEST_SECONDS: Final = 15.0


@dataclass(slots=True)
class Latest:
    """What this process found the last time, for those who must not wait. ``at``: by the wall clock."""

    looked: tuple[Looked, ...] = ()
    at: float = 0.0


latest = Latest()


async def look(examiner: Examiner = shared) -> list[Looked]:
    looked = await examiner.examine(all_components())
    latest.looked, latest.at = tuple(looked), time.time()
    return looked


def levels(looked: list[Looked]) -> Levels:
    """Parts that are not there by choice are left out."""
    found: Levels = []
    for one in looked:
        if one.found.state in STATES:
            name = (one.component.name,)
            found.append((HEALTH.name, name, STATES[one.found.state]))
            found.append((UP.name, name, float(one.found.state != "down")))
    return found


def levels_from_thread(loop: asyncio.AbstractEventLoop) -> Levels:
    """For a thread beside the loop. Nothing where the loop does not come to it: then somebody else tells that this process is stuck."""
    future = asyncio.run_coroutine_threadsafe(look(), loop)
    try:
        return levels(future.result(LONGEST_SECONDS))
    except NotInTime:
        future.cancel()
        return []
