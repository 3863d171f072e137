"""What watching brings to the rest of the app, when it is ready."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from meatlizard.accounts.models import User
from video import player_settings
from video.library.slots import add_facts, add_slot
from video.models import Video, Watched
from video.watching import (
    audience,
    history,
    services,  # noqa: F401  (registers the long-running part)
)
from video.watching.rows import rows

MOST_CONTINUING = 6


def load() -> None:
    player_settings.fills(told)
    add_slot("home", "video/watching/_continue.html", _begun, order=10)
    add_slot("tabs", "video/watching/_tabs.html", _signed_in, order=50)
    add_slot("card", "video/watching/_bar.html")
    add_slot("studio_row", "video/watching/_figures_link.html")
    add_slot("edit", "video/watching/_figures_link.html", order=200)
    add_facts("watched", _watched)


def told(video: Video, request: HttpRequest) -> dict[str, Any]:
    """Of the player's settings: where it tells what is watched, and where one goes on."""
    filled: dict[str, Any] = {
        "watching": reverse("video:watching", args=[video.slug]), "session": audience.session_for(request, video),
    }  # fmt: skip
    if isinstance(request.user, User):
        filled["position"] = history.position_of(request.user, video)
    return filled


def _begun(request: HttpRequest, video: Video | None) -> Any:
    """What one could go on with; None: nothing."""
    if not isinstance(request.user, User):
        return None
    return rows(history.continuing(request.user)[:MOST_CONTINUING]) or None


def _signed_in(request: HttpRequest, video: Video | None) -> Any:
    return {} if request.user.is_authenticated else None


def _watched(request: HttpRequest, videos: Sequence[Video]) -> dict[UUID, int]:
    """Per cent, of those that were begun."""
    if not isinstance(request.user, User):
        return {}
    lengths = {video.pk: video.duration or 0 for video in videos}
    rows = Watched.objects.filter(user=request.user.pk, video__in=list(lengths)).values_list(
        "video", "position", "finished"
    )
    return {
        key: 100 if finished else round(100 * position / lengths[key]) for key, position, finished in rows if finished or lengths[key]
    }  # fmt: skip
