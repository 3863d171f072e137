"""How much of the past the parts were up, by the hour and by the day."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from meatlizard.metrics.batches import MARK
from meatlizard.metrics.models import Rollup
from meatlizard.metrics.parts import UP
from meatlizard.metrics.registry import PREFIX

HOURS: Final = 24
DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Bar:
    """``up``: the share from 0 to 1; None where nothing was measured. ``at``: when it begins, seconds since 1970."""

    at: int
    up: float | None


@dataclass(frozen=True, slots=True)
class History:
    hours: tuple[Bar, ...]
    days: tuple[Bar, ...]

    @property
    def of_hours(self) -> float | None:
        return _mean(self.hours)

    @property
    def of_days(self) -> float | None:
        return _mean(self.days)


def _mean(bars: Sequence[Bar]) -> float | None:
    known = [bar.up for bar in bars if bar.up is not None]
    return sum(known) / len(known) if known else None


def read(now: float | None = None) -> dict[str, History]:
    """Of each part by its name, of the site as a whole by "". Two queries."""
    now = time.time() if now is None else now
    hours, days = (_of(step, count, now) for step, count in ((Rollup.Step.HOUR, HOURS), (Rollup.Step.DAY, DAYS)))
    nothing = {step: _bars({}, step, count, now) for step, count in ((3_600, HOURS), (86_400, DAYS))}
    return {
        name: History(hours.get(name, nothing[3_600]), days.get(name, nothing[86_400])) for name in {"", *hours, *days}
    }


def _of(step: int, count: int, now: float) -> dict[str, tuple[Bar, ...]]:
    since = int(now) - int(now) % step - (count - 1) * step
    rows = Rollup.objects.filter(series__name__in=[PREFIX + MARK, UP.name], step=step, at__gte=since)
    shares: dict[str, dict[int, float]] = {}
    for name, labels, at, n, total in rows.order_by().values_list("series__name", "series__labels", "at", "n", "total"):
        if name == UP.name:
            shares.setdefault(json.loads(labels)["component"], {})[at] = total / n
        else:
            # The minute under way need not have been told of.
            minutes = max(1, int(min(step, now - at) // 60))
            shares.setdefault("", {})[at] = min(1.0, total / minutes)
    found = {name: _bars(values, step, count, now) for name, values in shares.items()}
    if shares.get(""):
        # Between two times in which the site served, one without a minute of it was an outage.
        first = min(shares[""])
        found[""] = tuple(Bar(bar.at, 0.0) if bar.up is None and bar.at > first else bar for bar in found[""])
    return found


def _bars(shares: dict[int, float], step: int, count: int, now: float) -> tuple[Bar, ...]:
    last = int(now) - int(now) % step
    return tuple(Bar(at, shares.get(at)) for at in range(last - (count - 1) * step, last + 1, step))
