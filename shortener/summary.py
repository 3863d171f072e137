"""All figures of a link over a span, for pages, files and programs alike."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shortener import figures
from shortener.figures import Clicks, Span, Step
from shortener.models import Link
from shortener.models.clicks import Dimension

TOPS: Final = {
    "referrer": (Dimension.REFERRER, _("Referrers")),
    "country": (Dimension.COUNTRY, _("Countries")),
    "browser": (Dimension.BROWSER, _("Browsers")),
    "system": (Dimension.SYSTEM, _("Systems")),
    "device": (Dimension.DEVICE, _("Devices")),
    "language": (Dimension.LANGUAGE, _("Languages")),
    "route": (Dimension.ROUTE, _("Rules")),
}
DAYS: Final = {1: _("24 hours"), 7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("a year"), 0: _("ever")}
FIRST_YEAR, LAST_YEAR = 2000, 2999
MAX_MOMENTS: Final = 1_500
MAX_VALUES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Summary:
    """``series``: every moment of the span, those without a click too. ``tops``: by the names of TOPS, most first, of people alone."""

    since: datetime.datetime
    until: datetime.datetime
    step: Step
    clicks: int
    bots: int
    visitors: int
    series: list[tuple[datetime.datetime, Clicks]]
    tops: dict[str, list[tuple[str, int]]]


def last_days(link: Link, days: int) -> tuple[datetime.datetime, datetime.datetime]:
    """Whole hours until the next one; 0: since the link was made."""
    until = timezone.now().replace(minute=0, second=0, microsecond=0) + datetime.timedelta(hours=1)
    since = until - datetime.timedelta(days=days) if days else link.created.replace(minute=0, second=0, microsecond=0)
    return since, until


def of(link: Link, since: datetime.datetime, until: datetime.datetime) -> Summary:
    """From ``since`` until before ``until``."""
    step = _step(since, until)
    span = Span(since, until)
    total = figures.total(link, span)
    counted = dict(figures.over_time(link, step, span))
    nothing = Clicks(0, 0)
    return Summary(
        since=since, until=until, step=step, clicks=total.people, bots=total.bots, visitors=figures.visitors(link, span),
        series=[(moment, counted.get(moment, nothing)) for moment in _moments(since, until, step)],
        tops={name: figures.by(link, dimension, span)[:MAX_VALUES] for name, (dimension, _label) in TOPS.items()},
    )  # fmt: skip


def _step(since: datetime.datetime, until: datetime.datetime) -> Step:
    days = (until - since).days
    return "hour" if days <= 2 else "day" if days <= 184 else "month"


def _moments(since: datetime.datetime, until: datetime.datetime, step: Step) -> Iterator[datetime.datetime]:
    moment = since.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    if step != "hour":
        moment = moment.replace(hour=0)
    if step == "month":
        moment = moment.replace(day=1)
    for _number in range(MAX_MOMENTS):
        if moment >= until:
            return
        yield moment
        if step == "month":
            moment = (moment + datetime.timedelta(days=32)).replace(day=1)
        else:
            moment += datetime.timedelta(hours=1 if step == "hour" else 24)


def plain(found: Summary) -> dict[str, Any]:
    """As JSON carries it."""
    return {
        "since": found.since.isoformat(), "until": found.until.isoformat(), "step": found.step, "clicks": found.clicks, "bots": found.bots,
        "visitors": found.visitors,
        "series": [{"at": moment.isoformat(), "clicks": one.people, "bots": one.bots} for moment, one in found.series],
        "by": {name: [{"value": value, "clicks": count} for value, count in rows] for name, rows in found.tops.items()},
    }  # fmt: skip
