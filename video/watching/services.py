"""Has viewings forgotten that are over."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from video.watching.jobs import forget_old

log = logging.getLogger(__name__)

EVERY = 6 * 3600.0


@service("video.viewings")
async def forget_viewings() -> None:
    while True:
        try:
            await in_database(forget_old.enqueue)
        except DatabaseTrouble:
            log.exception("video.database_error")
        await asyncio.sleep(EVERY)
