"""Playlists as their viewers see them: what they may not watch stands there without a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from video import addresses
from video.access import Viewer
from video.models import Playlist, PlaylistItem, Video
from video.reachable import reachable


@dataclass(frozen=True, slots=True)
class Entry:
    """``place`` from nought. ``video`` None: not to be watched by this viewer."""

    item: int
    place: int
    video: Video | None
    url: str = ""
    picture: str = ""


def entries(playlist: Playlist, viewer: Viewer) -> list[Entry]:
    """All of them, in order."""
    rows = list(PlaylistItem.objects.filter(playlist=playlist).order_by("order", "pk").values_list("pk", "video"))
    seen = {video.pk: video for video in reachable(viewer).filter(pk__in=[key for _item, key in rows])}
    shown = []
    for place, (item, key) in enumerate(rows):
        video = seen.get(key)
        if video is None:
            shown.append(Entry(item, place, None))
        else:
            url = addresses.watch(video, list=playlist.slug, index=place + 1)
            shown.append(Entry(item, place, video, url, addresses.picture(video)))
    return shown


def neighbours(shown: Sequence[Entry], video: Video) -> tuple[Entry | None, Entry | None]:
    """Before and after ``video``, without those that cannot be watched; none where it is not in the list."""
    there = [entry for entry in shown if entry.video is not None]
    place = next((at for at, entry in enumerate(there) if entry.video == video), None)
    if place is None:
        return None, None
    return there[place - 1] if place else None, there[place + 1] if place + 1 < len(there) else None


def with_counts(rows: "QuerySet[Playlist]") -> "QuerySet[Playlist]":
    """Each with ``videos``: how many stand in it, whoever may see them."""
    return rows.annotate(videos=Count("items"))
