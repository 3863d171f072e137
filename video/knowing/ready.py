"""What this part tells the others when the app is ready."""

from typing import Any

from django.http import HttpRequest

from meatlizard.accounts.models import User
from video.models import Video


def load() -> None:
    from chat.tools import own_content
    from video.knowing import finding
    from video.library import slots

    slots.add_slot("below", "video/knowing/_ask.html", _of_page, order=40)
    slots.add_slot("edit", "video/knowing/_propose.html", _of_page, order=70)
    own_content.register("video", finding.own)


def _of_page(request: HttpRequest, video: Video | None) -> dict[str, Any] | None:
    """For who is signed in, of a video with captions: whether a machine is there."""
    from chat import completions
    from video.captions import actions as captions

    if not isinstance(request.user, User) or video is None or not captions.of(video):
        return None
    return {"machine": completions.offered_to(request.user)}
