"""Cleans the log of this machine now and then."""

import asyncio
import time
from typing import Final

from django.conf import settings
from django.utils.translation import gettext

from meatlizard.health.components import Found
from meatlizard.lifecycle import service
from meatlizard.logs import cleaning, files
from meatlizard.threads import in_thread

EVERY_SECONDS: Final = 3_600.0
LATELY_SECONDS: Final = 600.0


@service("logs.cleaning")
async def keep_clean() -> None:
    while True:
        if settings.LOG_FILES:
            await in_thread(cleaning.clean)
        await asyncio.sleep(EVERY_SECONDS)


def look() -> Found:
    """Whether lines find their way to the disk, and old ones off it."""
    if not settings.LOG_FILES:
        return Found("off", gettext("no files are written"))
    if time.time() - files.dropped.at < LATELY_SECONDS:
        return Found("warning", gettext("lines were lost: the disk took them not"))
    told = cleaning.last()
    if told is not None and told.error:
        return Found("warning", gettext("old files were not taken away: %(error)s") % {"error": told.error})
    return Found("good")
