"""Videos without anything made of them, for tests of who may see them and what is done with their rows."""

from typing import Any

from django.utils import timezone

from meatlizard.accounts.models import User
from video import channels
from video.models import Video


def ready(owner: User, title: str = "A lizard", *, privacy: str = Video.Privacy.PUBLIC, **more: Any) -> Video:
    """A video that plays, as far as its row says."""
    now = timezone.now()
    return Video.objects.create(
        owner=owner, channel=channels.main_of(owner), title=title, privacy=privacy,
        **{"state": Video.State.READY, "progress": 1.0, "duration": 8.0, "width": 320, "height": 180, "playable": now, "published": now, **more},
    )  # fmt: skip
