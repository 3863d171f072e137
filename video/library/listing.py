"""Which videos stand in lists. All of these hold what everybody finds: public ones of people at large, not taken down and not in the trash."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import Count, QuerySet
from django.utils import timezone

from video import access
from video.models import Category, Channel, Video, VideoTag
from video.watching import figures

PAGE: Final = 24
RELATED: Final = 12
TRENDING_KEPT: Final = 300
"""Seconds that the order of trending videos is remembered."""

MOST_TRENDING: Final = 200
WINDOWS: Final = ((1, 4.0), (3, 2.0), (8, 1.0))
"""Days, and how much a view within them counts: one of today seven times as much as one of last week, since it is in all of them."""

_TRENDING = "video.trending"
_CANDIDATES: Final = 60


def public() -> "QuerySet[Video]":
    return access.visible(AnonymousUser())


def of_channel(viewer: access.Viewer, channel: Channel) -> "QuerySet[Video]":
    """With those that are shown to the viewer by name, and their own that others see, too."""
    return access.visible(viewer).filter(channel=channel.pk, published__isnull=False)


def in_category(category: Category) -> "QuerySet[Video]":
    return public().filter(category=category.pk)


def tagged(name: str) -> "QuerySet[Video]":
    return public().filter(pk__in=VideoTag.objects.filter(name=name).values("video"))


def categories() -> "QuerySet[Category]":
    """Those in which anybody finds something."""
    return Category.objects.filter(pk__in=public().order_by().values("category")).order_by("order", "name")


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    videos: int


def popular_tags(most: int = 20) -> list[Tag]:
    """By the public videos that have them alone: others give away neither their tags nor how many they are."""
    rows = VideoTag.objects.filter(video__in=public().order_by().values("pk")).values("name")
    return [Tag(row["name"], row["n"]) for row in rows.annotate(n=Count("pk")).order_by("-n", "name")[:most]]


def trending(most: int) -> list[Video]:
    """By the views of the last days, later ones counting more; behind them by all views."""
    keys = cache.get(_TRENDING)
    if not isinstance(keys, list):
        keys = _trending(timezone.now())
        cache.set(_TRENDING, keys, TRENDING_KEPT)
    # Whether they are still to be found is asked each time.
    rows = public().in_bulk(keys)
    return [rows[key] for key in keys if key in rows][:most]


def forget_trending() -> None:
    cache.delete(_TRENDING)


def _trending(now: datetime.datetime) -> list[UUID]:
    weights: dict[UUID, float] = {}
    for days, weight in WINDOWS:
        for row in figures.recent_views(now - datetime.timedelta(days=days))[: MOST_TRENDING * 2]:
            weights[row["video"]] = weights.get(row["video"], 0.0) + weight * row["n"]
    found = set(public().filter(pk__in=weights).order_by().values_list("pk", flat=True))
    keys = sorted(found, key=lambda key: (-weights[key], key))[:MOST_TRENDING]
    if len(keys) < MOST_TRENDING:
        others = public().exclude(pk__in=keys).order_by("-views", "-published")
        keys += others.values_list("pk", flat=True)[: MOST_TRENDING - len(keys)]
    return keys


def related(video: Video, most: int = RELATED) -> list[Video]:
    """By what they share: tags above all, then the channel, then the category; the newest of those that share as much. Newest ones after them."""
    weights: dict[UUID, float] = {}
    for weight, keys in _alike(video):
        for key in keys:
            weights[key] = weights.get(key, 0.0) + weight
    if len(weights) <= most:
        weights |= {key: 0.0 for key in _newest(public()) if key not in weights}
    weights.pop(video.pk, None)
    rows = public().filter(pk__in=sorted(weights, key=lambda key: -weights[key])[: most * 3])
    return sorted(rows, key=lambda row: (-weights[row.pk], -(row.published or row.created).timestamp()))[:most]


def _alike(video: Video) -> Iterable[tuple[float, Iterable[UUID]]]:
    tags = VideoTag.objects.filter(video=video.pk).values("name")
    shared = VideoTag.objects.filter(name__in=tags, video__in=public().order_by().values("pk")).values_list(
        "video", flat=True
    )
    # A video stands here as often as it shares a tag.
    yield 3.0, shared[: _CANDIDATES * 5]
    yield 2.0, _newest(public().filter(channel=video.channel_id))
    if video.category_id is not None:
        yield 1.0, _newest(public().filter(category=video.category_id))


def _newest(rows: "QuerySet[Video]") -> "QuerySet[Video, UUID]":
    return rows.order_by("-published").values_list("pk", flat=True)[:_CANDIDATES]
