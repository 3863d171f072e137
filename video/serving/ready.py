"""What serving does when the site starts."""

import asyncio
import logging
from typing import Any

from django.db import Error as DatabaseTrouble
from django.http import HttpRequest

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from video import access, player_settings
from video.models import Video
from video.serving import streams
from video.serving.addresses import Stream
from video.serving.tally import FLUSH_SECONDS, tally

log = logging.getLogger(__name__)


def load() -> None:
    streams.open_doors()
    player_settings.fills(addresses)


def addresses(video: Video, request: HttpRequest) -> dict[str, Any]:
    """Of what is played, for this viewer."""
    if video.playable is None:
        return {}
    stream = Stream(video, request.user, access.unlocked(request))
    return {"master": stream.master, "storyboard": stream.storyboard if video.storyboard else None}


@service("video.sent")
async def write_sent() -> None:
    try:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await in_database(tally.flush)
            except DatabaseTrouble:
                log.exception("video.sent_not_written")
    finally:
        await asyncio.shield(in_database(tally.flush))
