"""The long-running part of videos in a serving process."""

import asyncio
import logging

from django.db import DatabaseError

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from video.making import upkeep
from video.making.jobs import look_after

log = logging.getLogger(__name__)

LOOK_SECONDS = 10
UPKEEP_TURNS = 60


@service("video.upkeep")
async def looking_after() -> None:
    """Every ten seconds what hinders a video from going on, and now and then the rest."""
    turn = 0
    while True:
        try:
            await in_database(upkeep.take_back)
            await in_database(upkeep.go_on)
            if turn % UPKEEP_TURNS == 1:
                await in_database(look_after.enqueue)
        except DatabaseError:
            log.warning("video.not_looked_after", exc_info=True)
        turn += 1
        await asyncio.sleep(LOOK_SECONDS)
