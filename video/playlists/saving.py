"""Beside a video: whether one likes it, and in which of one's lists it stands."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from video import likes
from video.models import Playlist, PlaylistItem, Video
from video.playlists import actions, showing
from video.playlists.access import access_playlist, playlists_of

SHOWN = 50


def offered(user: User) -> list[Playlist]:
    """Where a video can go: later, and one's own lists, those changed last first."""
    return [actions.later_of(user), *playlists_of(user)[:SHOWN]]


def buttons(request: HttpRequest, video: Video | None) -> dict[str, Any] | None:
    """For the place below a video's title: ``likes``, ``liked``, ``lists`` (each with whether the video is in it)."""
    if video is None:
        return None
    user = request.user
    if not isinstance(user, User):
        return {"likes": video.likes, "liked": False, "lists": []}
    lists = offered(user)
    within = set(PlaylistItem.objects.filter(video=video.pk, playlist__in=lists).values_list("playlist", flat=True))
    return {
        "likes": video.likes, "liked": likes.likes(user, video), "lists": [(row, row.pk in within) for row in lists],
        "later": lists[0].pk in within,
    }  # fmt: skip


def playing(request: HttpRequest, video: Video | None) -> dict[str, Any] | None:
    """The list that a page was opened from: ``playlist``, ``entries``, ``place`` of the video, from 1. None without one."""
    slug = request.GET.get("list", "")
    if video is None or not slug:
        return None
    try:
        row = access_playlist(request.user, slug)
    except NotFound:
        return None
    shown = showing.entries(row, request.user)
    place = next((entry.place for entry in shown if entry.video == video), None)
    return None if place is None else {"playlist": row, "entries": shown, "place": place + 1}


def neighbours(video: Video, request: HttpRequest) -> dict[str, Any]:
    """For the player: what comes after this video, and what was before it."""
    found = playing(request, video)
    if found is None:
        return {}
    before, after = showing.neighbours(found["entries"], video)
    told = {"previous": before, "next": after}
    # Asked for anew when addresses have expired, the player still knows of its list. A frame has an address of its own for that.
    framed = request.path.endswith("/embed/") or "embedded" in request.GET
    again = f"{reverse('video:player', args=[video.slug])}?{urlencode({'list': found['playlist'].slug})}"
    return ({} if framed else {"renew": again}) | {
        name: {"url": entry.url, "title": entry.video.title} for name, entry in told.items() if entry is not None and entry.video is not None
    }  # fmt: skip
