"""Keeps what a serving process remembers of the rules up to date, and has old rows cleared away."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.moderation import chain, rulebook
from meatlizard.moderation.jobs import clear_old
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

CLEAR_SECONDS = 6 * 3600.0


@service("moderation.rules")
async def keep_rules() -> None:
    clock = asyncio.get_running_loop().time
    cleared = clock()
    while True:
        try:
            await in_database(rulebook.refresh)
            await in_database(chain.link)
            if clock() - cleared >= CLEAR_SECONDS:
                cleared = clock()
                await in_database(clear_old.enqueue)
        except DatabaseTrouble:
            log.exception("moderation.database_error")
        await asyncio.sleep(rulebook.FRESH_SECONDS)
