"""The long-running part of the library in a serving process."""

import asyncio

from files.library.jobs import empty_trash
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

SECONDS = 3_600


@service("files.trash")
async def trash() -> None:
    """Has deleted for good what has lain in the trash long enough."""
    while True:
        await in_database(empty_trash.enqueue)
        await asyncio.sleep(SECONDS)
