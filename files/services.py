"""The long-running part of files in a serving process."""

import asyncio
import logging

from django.db import DatabaseError

from files.jobs import sweep_files
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600


@service("files.upkeep")
async def upkeep() -> None:
    """Has deleted what nobody keeps."""
    while True:
        try:
            await in_database(sweep_files.enqueue)
        except DatabaseError:
            log.warning("files.not_swept", exc_info=True)
        await asyncio.sleep(SWEEP_SECONDS)
