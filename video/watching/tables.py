"""Figures as tables, for the page and for spreadsheets."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from shortener import files
from video.models import DayFigure
from video.watching.coverage import BUCKETS
from video.watching.figures import Figures

SPANS: Final = {1: _("today"), 7: _("7 days"), 28: _("28 days"), 90: _("90 days"), 365: _("a year"), 0: _("ever")}
DEFAULT: Final = 28
SHOWN: Final = 10


def days_of(said: str) -> int:
    """What ``?days=`` says; what it cannot say is the default."""
    return int(said) if said.isdecimal() and len(said) < 5 and int(said) in SPANS else DEFAULT


def spans() -> list[tuple[int, Any]]:
    return list(SPANS.items())


def tops(found: Figures) -> list[dict[str, Any]]:
    """Of each dimension ``name``, ``title``, ``rows`` (value, count, per cent) and how many ``more`` there are."""
    shown = []
    for dimension in DayFigure.Dimension:
        rows = found.tops[dimension.value]
        all_of_it = sum(count for _value, count in rows) or 1
        shown.append({
            "name": dimension.value, "title": dimension.label, "more": max(0, len(rows) - SHOWN),
            "rows": [(value, count, round(100 * count / all_of_it)) for value, count in rows[:SHOWN]],
        })  # fmt: skip
    return shown


def milestones(retention: list[float]) -> list[tuple[int, float]]:
    """Every tenth of the video, and per cent of those who began it."""
    return [(part, retention[min(BUCKETS - 1, part)]) for part in range(0, 101, 10)] if retention else []


def as_csv(found: Figures) -> str:
    lines: list[tuple[Any, ...]] = [
        ("time", one.begin.isoformat(), one.views, one.own, one.bots, round(one.seconds, 1)) for one in found.series
    ]
    lines += [(kind, value, count) for kind, rows in found.tops.items() for value, count in rows]
    lines += [("bytes", day.isoformat(), sent) for day, sent in found.traffic]
    lines += [("retention", number, value) for number, value in enumerate(found.retention)]
    return files.table(["kind", "value", "count", "own", "bots", "seconds"], lines)
