"""The long-running part of shares in a serving process."""

import asyncio
import logging

from django.db import DatabaseError

from files.sharing import downloads
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60


@service("files.sharing")
async def upkeep() -> None:
    """Gives back downloads that have fallen silent, and forgets who visitors were. Any process does; what is done is done once."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await in_database(downloads.give_back_silent)
            await in_database(downloads.forget)
        except DatabaseError:
            log.warning("files.sharing_not_swept", exc_info=True)
