"""The long-running part of files in a serving process."""

import asyncio
import logging

from django.db import DatabaseError

from files.jobs import look_at_waiting_files, sweep_files, tidy_files
from files.models import Blob
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600
SCAN_SECONDS = 30
DAILY_TURNS = 24 * 3600 // SWEEP_SECONDS


@service("files.scanning")
async def scanning() -> None:
    """Has those looked at that wait for the scanner, where one is configured or was."""
    while True:
        try:
            if await in_database(Blob.objects.filter(state=Blob.State.CHECKING).exists):
                await in_database(look_at_waiting_files.enqueue)
        except DatabaseError:
            log.warning("files.not_scanned", exc_info=True)
        await asyncio.sleep(SCAN_SECONDS)


@service("files.upkeep")
async def upkeep() -> None:
    """Has deleted what nobody keeps, and once a day looked for what nobody knows of."""
    turn = 0
    while True:
        try:
            await in_database(sweep_files.enqueue)
            if turn % DAILY_TURNS == 1:
                await in_database(tidy_files.enqueue)
        except DatabaseError:
            log.warning("files.not_swept", exc_info=True)
        turn += 1
        await asyncio.sleep(SWEEP_SECONDS)
