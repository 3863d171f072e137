"""What downloads do when the site starts."""

import asyncio
from typing import Any

from django.db import Error as DatabaseTrouble
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from meatlizard.lifecycle import service
from meatlizard.threads import in_slow_database
from video import player_settings
from video.downloads import actions, door
from video.models import Video

SWEEP_SECONDS = 900.0


def load() -> None:
    door.open_door()
    player_settings.fills(offered)


def offered(video: Video, request: HttpRequest) -> dict[str, Any]:
    """What this viewer may keep."""
    if not actions.may(request.user, video):
        return {}
    found = [(one.name, f"{one.name} · {filesizeformat(one.size)}") for one in actions.offered(video)]
    if video.owner_id == request.user.pk and video.blob_id is not None:
        size = filesizeformat(video.original_size)
        found.append((actions.ORIGINAL, _("The original · %(size)s") % {"size": size}))
    return {
        "downloads": [
            {"url": reverse("video:download", args=[video.slug, name]), "label": label} for name, label in found
        ]
    }


@service("video.downloads")
async def let_go() -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await in_slow_database(actions.sweep)
        except (DatabaseTrouble, OSError):
            continue
