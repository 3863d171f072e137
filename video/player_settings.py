"""What a page tells its player, as one JSON script beside it (``templates/video/player.html``).

This module knows the video's row alone. The other parts of the app fill in theirs through :func:`fills` when the site starts::

    @player_settings.fills
    def addresses(video: Video, request: HttpRequest) -> dict[str, Any]:
        return {"master": ..., "storyboard": ...}

The fields, and who reads them, are in :data:`FIELDS`. A field that nobody fills keeps its empty value, and the player leaves out what hangs on it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from video import addresses
from video.models import Video

Filler: TypeAlias = Callable[[Video, HttpRequest], Mapping[str, Any]]

FIELDS: Final[dict[str, Any]] = {
    "slug": "", "title": "", "channel": "", "duration": None,
    # Addresses of what is played; the poster stands there until then.
    "poster": None, "master": None, "mp4": None, "storyboard": None,
    # [{"id", "label", "language", "src", "default"}]; chapters: [{"start", "title"}].
    "captions": [], "chapters": [],
    # Seconds at which this viewer left off; where to tell how far they are, and with which session.
    "position": 0, "watching": None, "session": "",
    # How far the video is, while it is still being made; these settings anew, with addresses that have not expired.
    "state": None, "making": False, "renew": None,
    # {"url", "title"} of the neighbours in a playlist.
    "next": None, "previous": None,
    # The absolute address of its page; the code that shows it on other sites; [{"url", "label"}].
    "share": "", "embed": None, "embedded": False, "downloads": [],
}  # fmt: skip

PLAYS: Final = {"media-src": ["blob:"]}
"""What the pieces of a stream are put together in is an address of the page itself."""

_FILLERS: list[Filler] = []
_MADE = (Video.State.READY, Video.State.FAILED, Video.State.CANCELLED)


def fills(filler: Filler) -> Filler:
    """Has ``filler`` asked for each player from now on. A later one goes before an earlier one."""
    _FILLERS.append(filler)
    return filler


def of(video: Video, request: HttpRequest, *, embedded: bool = False) -> dict[str, Any]:
    """All fields, for a viewer whose right to watch has been looked at. Raises ValueError where a filler names one there is not."""
    settings = FIELDS | _own(video, request) | {"embedded": embedded}
    for filler in _FILLERS:
        filled = filler(video, request)
        if unknown := set(filled) - set(FIELDS):
            raise ValueError(f"{filler.__module__} fills fields that a player does not have: {sorted(unknown)}")
        settings |= filled
    return settings


def _own(video: Video, request: HttpRequest) -> dict[str, Any]:
    address = request.build_absolute_uri(addresses.watch(video))
    return {
        "slug": video.slug, "title": video.title, "channel": video.channel.name, "duration": video.duration,
        "making": video.state not in _MADE, "renew": reverse("video:player", args=[video.slug]),
        "share": address, "embed": None if video.embed == Video.Embed.OFF else request.build_absolute_uri(addresses.embed(video)),
    }  # fmt: skip


def plays(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views whose page holds a player."""
    # The library's decorator knows only views without arguments.
    update: Any = csp_update(PLAYS)
    widened: Callable[..., HttpResponseBase] = update(view)
    return widened
