"""The clock of backups in a serving process."""

import asyncio
import logging

from django.conf import settings
from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.ops.backups import actions
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0


@service("ops.backups")
async def keep_backing_up() -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not settings.BACKUP_EVERY_HOURS:
            continue
        try:
            await in_database(actions.begin_when_due)
        except (DatabaseTrouble, BackupFailed, OSError):
            log.exception("backups.not_begun")
