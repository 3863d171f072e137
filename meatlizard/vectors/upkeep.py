"""Has what is new or changed turned into vectors, beside the answers and never before them."""

import asyncio
import logging
from collections.abc import Iterator
from itertools import count
from typing import Final

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from meatlizard.vectors import embedding, pending, rebuilding

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
LONGEST_PAUSE: Final = 60.0
CHECK_SECONDS: Final = 3600.0
THOROUGH: Final = 24
"""Of so many checks one looks at every thing: counts can be right where one thing has no vector and a vector has no thing."""

MOST_WAITING: Final = 5_000
"""Texts that were found without a vector wait in the database no longer than so many are made one."""


async def work_off() -> bool:
    """One part. Whether there was one. Raises Unavailable."""
    taken = await in_database(pending.take)
    if taken is None:
        return False
    keys = list(taken.texts)
    try:
        vectors = await embedding.embed([taken.texts[key].text for key in keys])
    except embedding.Failed:
        await in_database(pending.failed, taken)
        return True
    except BaseException:
        # Also when this process ends: others need not wait until the lease runs out.
        await asyncio.shield(in_database(pending.release, taken))
        raise
    await in_database(pending.store, taken, dict(zip(keys, vectors, strict=True)))
    return True


async def look_after(*, thoroughly: bool = False) -> None:
    """Makes what is missing and deletes what should be gone, whatever was the cause, little by little. Each step is a short one: answers
    need the database, too. ``thoroughly``: also where the counts are right.
    """
    if thoroughly:
        await _little_by_little(rebuilding.sweep())
    elif not await in_database(rebuilding.in_line):
        log.info("vectors.out_of_line")
        await _little_by_little(rebuilding.sweep())
    await _little_by_little(rebuilding.heal_index())


async def _little_by_little(steps: Iterator[int]) -> None:
    while True:
        if await in_database(pending.waiting) > MOST_WAITING:
            await asyncio.sleep(LOOK_SECONDS)
        elif await in_database(next, steps, None) is None:
            return


@service("vectors.check")
async def keep_whole() -> None:
    # The second check first: a process that is started anew each day looks thoroughly, too, and not while all else begins.
    for number in count(THOROUGH - 1):
        try:
            await look_after(thoroughly=number % THOROUGH == 0)
        except DatabaseTrouble:
            log.exception("vectors.database_error")
        await asyncio.sleep(CHECK_SECONDS)


@service("vectors.upkeep")
async def keep_up() -> None:
    pause = LOOK_SECONDS
    while True:
        try:
            pause = 0.0 if await work_off() else LOOK_SECONDS
        except (embedding.Unavailable, DatabaseTrouble) as problem:
            pause = min(LONGEST_PAUSE, max(LOOK_SECONDS, pause * 2))
            if isinstance(problem, DatabaseTrouble):
                log.exception("vectors.database_error")
        await asyncio.sleep(pause)
