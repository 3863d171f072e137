"""Measurements of a stretch of time, read out of the roll-ups."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meatlizard.metrics.models import Rollup
from meatlizard.metrics.registry import PREFIX

HOUR: Final = 3_600
DAY: Final = 86_400


class Span(NamedTuple):
    title: Promise
    step: Rollup.Step
    seconds: int


SPANS: Final = {
    "3h": Span(_("3 hours, by the minute"), Rollup.Step.MINUTE, 3 * HOUR),
    "2d": Span(_("2 days, by the hour"), Rollup.Step.HOUR, 2 * DAY),
    "14d": Span(_("14 days, by the hour"), Rollup.Step.HOUR, 14 * DAY),
    "90d": Span(_("90 days, by the day"), Rollup.Step.DAY, 90 * DAY),
    "2y": Span(_("2 years, by the day"), Rollup.Step.DAY, 730 * DAY),
}


class Point(NamedTuple):
    n: int
    total: float
    least: float | None = None
    most: float | None = None


Points = dict[int, Point]
Labels = Mapping[str, str]


@dataclass(slots=True)
class Window:
    """``times``: the beginnings of all steps, the present one last; that has not lasted its whole time yet. ``series``: by name, the
    labels and points of each."""

    step: int
    times: list[int]
    now: float
    series: dict[str, list[tuple[Labels, Points]]] = field(default_factory=lambda: defaultdict(list))

    def lasted(self, at: int) -> float:
        """Seconds that a step has lasted so far, at least one."""
        return max(1.0, min(float(self.step), self.now - at))

    def of(self, name: str) -> list[tuple[Labels, Points]]:
        return self.series.get(PREFIX + name, [])

    def by(self, name: str, label: str, keep: Callable[[Labels], bool] = lambda labels: True) -> dict[str, Points]:
        """The series that ``keep`` takes, added up by the value of ``label``; by "" where there is no such label."""
        found: dict[str, Points] = defaultdict(dict)
        for labels, points in self.of(name):
            if keep(labels):
                into = found[labels.get(label, "")]
                for at, point in points.items():
                    there = into.get(at)
                    into[at] = point if there is None else Point(there.n + point.n, there.total + point.total)
        return found


def window(names: Iterable[str], span: str, now: float | None = None) -> Window:
    """One query."""
    now = time.time() if now is None else now
    chosen = SPANS[span]
    step = int(chosen.step)
    last = int(now) - int(now) % step
    return _read(names, Window(step, list(range(last - chosen.seconds + step, last + step, step)), now))


def recent(names: Iterable[str], minutes: int, now: float) -> Window:
    """The last so many minutes that are over, with the one before the present told of as far as it is."""
    last = int(now) - int(now) % 60
    return _read(names, Window(60, list(range(last - 60 * minutes, last, 60)), now))


def _read(names: Iterable[str], result: Window) -> Window:
    rows = Rollup.objects.filter(
        series__name__in=[PREFIX + name for name in names],
        step=result.step,
        at__gte=result.times[0],
        at__lte=result.times[-1],
    )
    found: dict[tuple[str, str], Points] = defaultdict(dict)
    columns = ("series__name", "series__labels", "at", "n", "total", "least", "most")
    for name, labels, at, *values in rows.order_by().values_list(*columns):
        found[name, labels][at] = Point(*values)
    for (name, labels), points in found.items():
        result.series[name].append((json.loads(labels), points))
    return result
