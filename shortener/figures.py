"""Figures about links: what is counted by the hour, and the clicks that are not counted yet, read in one statement.

They are exact as of the last flush of each process (:data:`shortener.redirect.journal.FLUSH_SECONDS`). Spans are whole hours, in UTC.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import CharField, Count, F, QuerySet, Sum, Value
from django.db.models.functions import TruncDate, TruncHour

from shortener.models import Click, ClosedDay, HourCount, Link
from shortener.models.clicks import Dimension

Step = Literal["hour", "day", "month"]

_FIELDS = {
    Dimension.REFERRER: "referrer", Dimension.COUNTRY: "country", Dimension.BROWSER: "browser", Dimension.SYSTEM: "system",
    Dimension.DEVICE: "device", Dimension.LANGUAGE: "language", Dimension.ROUTE: "route",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` until before ``until``; None: open."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None

    def within(self, field: str) -> dict[str, Any]:
        sides = {f"{field}__gte": self.since, f"{field}__lt": self.until}
        return {name: moment for name, moment in sides.items() if moment is not None}


ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class Clicks:
    people: int
    bots: int


def total(link: Link, span: Span = ALWAYS) -> Clicks:
    """Of people, and of bots apart."""
    sums: Counter[bool] = Counter()
    for _hour, _value, bot, count in _rows(link, Dimension.ALL, span):
        sums[bot] += count
    return Clicks(sums[False], sums[True])


def over_time(link: Link, step: Step = "day", span: Span = ALWAYS) -> list[tuple[datetime.datetime, Clicks]]:
    """Oldest first; moments without a click are left out."""
    people: Counter[datetime.datetime] = Counter()
    bots: Counter[datetime.datetime] = Counter()
    for hour, _value, bot, count in _rows(link, Dimension.ALL, span):
        (bots if bot else people)[_begin(hour, step)] += count
    return [(moment, Clicks(people[moment], bots[moment])) for moment in sorted(people | bots)]


def by(link: Link, dimension: Dimension, span: Span = ALWAYS, *, bots: bool = False) -> list[tuple[str, int]]:
    """Clicks of people (or of bots) by what they have in common, the most first; an empty name: not known, or not to be known."""
    counts: Counter[str] = Counter()
    for _hour, value, bot, count in _rows(link, dimension, span):
        if bool(bot) is bots:
            counts[value] += count
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def visitors(link: Link, span: Span = ALWAYS) -> int:
    """People who came, each counted once a day: from one day to the next nobody is known again."""
    closed = HourCount.objects.filter(link=link, dimension=Dimension.VISITORS, **span.within("hour"))
    days = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
    rest = _clicks(link, span).filter(bot=False).exclude(visitor="")
    if days is not None:
        after = datetime.datetime.combine(days, datetime.time(), datetime.UTC) + datetime.timedelta(days=1)
        rest = rest.filter(at__gte=after)
    counted: int = closed.aggregate(sum=Sum("count"))["sum"] or 0
    return counted + rest.annotate(day=TruncDate("at")).values("visitor", "day").distinct().count()


def latest_clicks(link: Link, span: Span = ALWAYS) -> "QuerySet[Click]":
    """Single clicks, newest first, as long as they are kept."""
    return _clicks(link, span).order_by("-at", "-pk")


def clicks_of(links: "QuerySet[Link]", span: Span = ALWAYS) -> "QuerySet[Click]":
    """The same of several."""
    return Click.objects.filter(link__in=links.values("pk"), **span.within("at")).order_by("-at", "-pk")


def _clicks(link: Link, span: Span) -> "QuerySet[Click]":
    return Click.objects.filter(link=link, **span.within("at"))


def _rows(link: Link, dimension: Dimension, span: Span) -> Iterable[tuple[datetime.datetime, str, bool, int]]:
    """Hour, value, whether of bots, how many. One statement: a batch that is just being counted is on one side or the other."""
    counted = HourCount.objects.filter(link=link, dimension=dimension, **span.within("hour"))
    waiting = Click.objects.filter(link=link, batch__counted=False, **span.within("at"))
    if dimension == Dimension.ROUTE:
        waiting = waiting.exclude(route="")
    field = _FIELDS.get(dimension)
    said: Any = Value("", CharField()) if field is None else F(field)
    named = waiting.annotate(begin=TruncHour("at"), said=said)
    rows = named.values_list("begin", "said", "bot").annotate(n=Count("pk")).order_by()
    sums = counted.values_list("hour", "value", "bot").annotate(n=Sum("count")).order_by()
    return sums.union(rows, all=True)


def _begin(hour: datetime.datetime, step: Step) -> datetime.datetime:
    if step == "hour":
        return hour
    day = hour.replace(hour=0)
    return day if step == "day" else day.replace(day=1)
