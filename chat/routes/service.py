"""The part of a serving process that looks after routes: what is remembered of them, and answers whose model has gone away meanwhile."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from chat.routes import table, waiting
from meatlizard.ops.watched import FRESH_SECONDS
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


async def keep() -> None:
    """Serves until cancelled."""
    while True:
        try:
            if (await in_database(table.watched.refresh)).on:
                await in_database(waiting.turn_to_others)
        except DatabaseTrouble:
            log.exception("routes.database_error")
        await asyncio.sleep(FRESH_SECONDS)
