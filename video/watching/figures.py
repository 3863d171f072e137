"""Figures about videos: sums of what was counted. Spans are whole days, in UTC."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from video.models import DayFigure, HourFigures, Retention, Traffic, Video
from video.watching.coverage import BUCKETS

Step = Literal["hour", "day", "month"]

SPANS: Final = (1, 7, 28, 90, 365)
"""Days that can be looked at; nought stands for all."""

HOURS: Final = datetime.timedelta(days=2)
DAYS: Final = datetime.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Moment:
    """``begin``: of an hour, a day or a month."""

    begin: datetime.datetime
    views: int
    own: int
    bots: int
    seconds: float

    @property
    def minutes(self) -> float:
        return round(self.seconds / 60, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """``retention``: per cent of the viewings that reached each hundredth, since ever."""

    since: datetime.datetime | None
    step: Step
    series: list[Moment]
    tops: dict[str, list[tuple[str, int]]]
    traffic: list[tuple[datetime.date, int]]
    retention: list[float]

    @property
    def views(self) -> int:
        return sum(one.views for one in self.series)

    @property
    def own(self) -> int:
        return sum(one.own for one in self.series)

    @property
    def bots(self) -> int:
        return sum(one.bots for one in self.series)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.series)

    @property
    def average(self) -> float:
        """Seconds of one view."""
        return self.seconds / self.views if self.views else 0.0

    @property
    def bytes(self) -> int:
        return sum(sent for _day, sent in self.traffic)


def of(video: Video, days: int = 28) -> Figures:
    """``days``: one of SPANS, or nought for all."""
    now = timezone.now().astimezone(datetime.UTC)
    since = (
        None if not days else now.replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days=days - 1)
    )
    rows = HourFigures.objects.filter(video=video.pk)
    by_day: dict[str, Any] = {"video": video.pk}
    if since is not None:
        rows, by_day = rows.filter(hour__gte=since), by_day | {"day__gte": since.date()}
    hours = list(rows.order_by("hour"))
    first = since or (hours[0].hour.astimezone(datetime.UTC) if hours else now)
    step = _step(now - first)
    return Figures(
        since, step, _filled(hours, first, now, step), _tops(DayFigure.objects.filter(**by_day)),
        list(Traffic.objects.filter(**by_day).order_by("day").values_list("day", "bytes")), _retention(video),
    )  # fmt: skip


def recent_views(since: datetime.datetime) -> "QuerySet[Any, Any]":
    """``{"video": key, "n": views}`` since the hour of a moment, the most first; of every video, whoever may see it."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    rows = HourFigures.objects.filter(hour__gte=hour, views__gt=0).values("video")
    return rows.annotate(n=Sum("views")).order_by("-n", "video")


def watched_seconds(videos: Iterable[UUID]) -> float:
    """Of several, since ever."""
    return HourFigures.objects.filter(video__in=videos).aggregate(sum=Sum("seconds"))["sum"] or 0.0


def _step(span: datetime.timedelta) -> Step:
    return "hour" if span <= HOURS else "day" if span <= DAYS else "month"


def _filled(hours: list[HourFigures], first: datetime.datetime, now: datetime.datetime, step: Step) -> list[Moment]:
    """All moments of the span, those without a view, too."""
    found: dict[datetime.datetime, Moment] = {}
    begin = _begin(first, step)
    while begin <= now:
        found[begin] = Moment(begin, 0, 0, 0, 0.0)
        begin = _next(begin, step)
    for row in hours:
        at = _begin(row.hour.astimezone(datetime.UTC), step)
        one = found.get(at, Moment(at, 0, 0, 0, 0.0))
        found[at] = Moment(at, one.views + row.views, one.own + row.own, one.bots + row.bots, one.seconds + row.seconds)
    return [found[at] for at in sorted(found)]


def _begin(moment: datetime.datetime, step: Step) -> datetime.datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if step == "hour":
        return hour
    return hour.replace(hour=0) if step == "day" else hour.replace(hour=0, day=1)


def _next(begin: datetime.datetime, step: Step) -> datetime.datetime:
    if step == "month":
        return (begin + datetime.timedelta(days=32)).replace(day=1)
    return begin + (datetime.timedelta(hours=1) if step == "hour" else datetime.timedelta(days=1))


def _tops(rows: "QuerySet[DayFigure]") -> dict[str, list[tuple[str, int]]]:
    tops: dict[str, list[tuple[str, int]]] = {dimension.value: [] for dimension in DayFigure.Dimension}
    summed = rows.values_list("dimension", "value").annotate(n=Sum("count")).order_by("-n", "value")
    for dimension, value, count in summed:
        tops[dimension].append((value, count))
    return tops


def _retention(video: Video) -> list[float]:
    counts = Retention.objects.filter(pk=video.pk).values_list("reached", flat=True).first() or []
    # Of all counted viewings, not of the span's.
    all_of_them = max(video.views, *counts) if counts else 0
    return [round(100 * count / all_of_them, 1) for count in counts[:BUCKETS]] if all_of_them else []
