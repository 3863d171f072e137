"""The clock of backups in a serving process."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from meatlizard.lifecycle import service
from meatlizard.ops.backups import actions, alerting
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
TELL_TURNS = 15
"""How often operators are told: the place has to be asked for it."""


@service("ops.backups")
async def keep_backing_up() -> None:
    turn = 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        turn += 1
        try:
            await in_database(actions.begin_when_due)
            if turn % TELL_TURNS == 1:
                await in_database(alerting.tell)
        except (DatabaseTrouble, BackupFailed, OSError):
            log.exception("backups.not_begun")
