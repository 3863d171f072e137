"""Keeps what a process remembers of collections of personas, and of people with many facts, up to date."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from chat.knowledge import standing
from chat.remembering import standing as remembering
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


async def keep() -> None:
    while True:
        try:
            await in_database(standing.refresh)
            await in_database(remembering.refresh)
        except DatabaseTrouble:
            log.exception("knowledge.database_error")
        await asyncio.sleep(standing.FRESH_SECONDS)
