"""Keeps the status page up to date, in memory and as a file. What it shows while the database is away is what it knew before."""

import asyncio
import logging
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseTrouble

from meatlizard.health.examining import Looked
from meatlizard.health.status import page, snapshot
from meatlizard.lifecycle import service
from meatlizard.metrics import parts
from meatlizard.threads import in_slow_database, in_thread

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 20.0
DATABASE_SECONDS: Final = 8.0


@service("health.status")
async def keep_status() -> None:
    told = ""
    while True:
        await renew()
        try:
            content = await in_thread(page.rendered, snapshot.kept.snapshot, settings.LANGUAGE_CODE)
            await in_thread(page.write, settings.STATUS_DIR, content)
            told = ""
        except OSError as error:
            # A full disk: the page in memory is still right.
            if told != str(error):
                log.warning("status.not_written", extra={"error": type(error).__name__})
            told = str(error)
        await asyncio.sleep(EVERY_SECONDS)


async def renew() -> None:
    """A new snapshot. One question to the database at a time, however long it takes."""
    looked = await parts.look()
    found = await _asking.found(looked)
    snapshot.kept.snapshot = found or snapshot.without_database(snapshot.kept.snapshot, looked)


class _Asking:
    def __init__(self) -> None:
        self._task: asyncio.Task[snapshot.Snapshot] | None = None

    async def found(self, looked: list[Looked]) -> "snapshot.Snapshot | None":
        """None while the database does not answer in time, or says no."""
        task = self._task
        if task is None or task.done():
            task = self._task = asyncio.create_task(in_slow_database(snapshot.read, looked))
        await asyncio.wait({task}, timeout=DATABASE_SECONDS)
        if not task.done():
            log.warning("status.database_late", extra={"seconds": DATABASE_SECONDS})
            return None
        try:
            return task.result()
        except DatabaseTrouble as error:
            log.warning("status.database_error", extra={"error": type(error).__name__})
            return None


_asking = _Asking()
