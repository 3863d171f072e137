"""The long-running part of transcripts in a serving process."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from chat.transcripts.jobs import tend_transcripts
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SECONDS = 3_600


@service("chat.transcripts")
async def tend() -> None:
    while True:
        try:
            await in_database(tend_transcripts.enqueue)
        except DatabaseTrouble:
            log.exception("transcripts.database_error")
        await asyncio.sleep(SECONDS)
