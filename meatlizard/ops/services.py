"""Keeps what a serving process remembers of the site's switches up to date."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.ops import switches
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


@service("ops.switches")
async def keep_switches() -> None:
    while True:
        try:
            await in_database(switches.refresh)
        except DatabaseTrouble:
            log.exception("switches.database_error")
        await asyncio.sleep(switches.FRESH_SECONDS)
