"""Has what is new or changed turned into vectors, beside the answers and never before them."""

import asyncio
import logging
from typing import Final

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from meatlizard.vectors import embedding, pending

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
LONGEST_PAUSE: Final = 60.0


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
