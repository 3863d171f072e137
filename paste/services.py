"""The long-running part of pastes in a serving process."""

import asyncio
import logging

from django.db import DatabaseError

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from paste import counting
from paste.jobs import sweep_pastes

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600
COUNT_SECONDS = 5


@service("paste.upkeep")
async def upkeep() -> None:
    """Writes down how often pastes were looked at, and has those deleted whose time is over."""
    turn = 0
    try:
        while True:
            if turn % (SWEEP_SECONDS // COUNT_SECONDS) == 0:
                await in_database(sweep_pastes.enqueue)
            turn += 1
            await asyncio.sleep(COUNT_SECONDS)
            await in_database(_write)
    finally:
        await asyncio.shield(in_database(_write))


def _write() -> None:
    try:
        counting.write()
    except DatabaseError:
        # What was counted is kept, and comes with the next.
        log.warning("paste.views_not_written", exc_info=True)
