"""What operators can look at as curves: apps register charts of what they measure. What was not measured is a gap, and no nought."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.metrics.batches import MARK
from meatlizard.metrics.registry import PREFIX, Histogram
from meatlizard.metrics.windows import Labels, Points, Window

Values: TypeAlias = list[float | None]
Draw: TypeAlias = Callable[[Window, str], dict[str, Values]]
"""From a window and a label to split by, or "", to the values of each line."""

MOST_LINES: Final = 6
ALL_LINES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Chart:
    """``names``: what it reads, without the prefix. ``splits``: the labels by which it can be split. ``ceiling``: where its values end,
    such as 100 of per cent."""

    key: str
    title: str | Promise
    unit: str | Promise
    names: tuple[str, ...]
    draw: Draw
    splits: tuple[str, ...] = ()
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    values: Values

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]


_charts: dict[str, Chart] = {}
_namers: dict[str, Callable[[], dict[str, str]]] = {}
SPLITS: Final = {"": _("all together"), "model": _("by model"), "client": _("by client"), "component": _("by part")}


def chart(one: Chart) -> None:
    """Registers a chart; they are shown in the order in which they come."""
    _charts[one.key] = one


def all_charts() -> dict[str, Chart]:
    return dict(_charts)


def namer(label: str, names: Callable[[], dict[str, str]]) -> None:
    """Registers how values of a label are called before people."""
    _namers[label] = names


def lines(one: Chart, window: Window, split: str, most: int = MOST_LINES) -> tuple[list[Line], int]:
    """The lines with the most in them, and how many there are beside those."""
    label = split if split in one.splits else ""
    drawn = one.draw(window, label)
    names = _namers[label]() if label in _namers else {}
    all_lines = [
        Line(names.get(value, value) or (gettext("none") if label else str(one.title)), values)
        for value, values in sorted(drawn.items())
        if any(number is not None for number in values)
    ]
    all_lines.sort(key=lambda line: -sum(line.known))
    return all_lines[:most], max(0, len(all_lines) - most)


# --- kinds of curves ----------------------------------------------------------------------------------------------------


def _every(label: Labels) -> bool:
    return True


def per_second(name: str, keep: Callable[[Labels], bool] = _every) -> Draw:
    """Of a counter."""
    return lambda window, label: {
        value: [points[at].total / window.lasted(at) if at in points else None for at in window.times]
        for value, points in window.by(name, label, keep).items()
    }


def counted(name: str, keep: Callable[[Labels], bool] = _every) -> Draw:
    """What was added to a counter in each step."""
    return lambda window, label: {
        value: [points[at].total if at in points else None for at in window.times]
        for value, points in window.by(name, label, keep).items()
    }


def how_often(name: str) -> Draw:
    """Of a histogram: what was observed a second."""
    return lambda window, label: {
        value: [points[at].n / window.lasted(at) if at in points else None for at in window.times]
        for value, points in window.by(name, label).items()
    }


def level(name: str, keep: Callable[[Labels], bool] = _every, times: float = 1.0) -> Draw:
    """The mean of what was seen; of several series added up, their sum."""

    def draw(window: Window, label: str) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for labels, points in window.of(name):
            if not keep(labels):
                continue
            into = found.setdefault(labels.get(label, ""), [None] * len(window.times))
            for place, at in enumerate(window.times):
                if at in points and points[at].n:
                    into[place] = (into[place] or 0.0) + times * points[at].total / points[at].n
        return found

    return draw


def mean_level(name: str, times: float = 1.0) -> Draw:
    """The mean of what was seen; of several series the mean of all: shares cannot be added up."""

    def draw(window: Window, label: str) -> dict[str, Values]:
        return {
            value: [times * points[at].total / points[at].n if at in points and points[at].n else None for at in window.times]
            for value, points in window.by(name, label).items()
        }  # fmt: skip

    return draw


def ratio(
    over: str, under: str, times: float = 1.0, keep: Callable[[Labels], bool] = _every, count: bool = False
) -> Draw:
    """What was added to one counter by what was added to the other; ``count``: how often, where both are histograms."""

    def draw(window: Window, label: str) -> dict[str, Values]:
        above, below = window.by(over, label, keep), window.by(under, label)
        return {value: [_share(above.get(value, {}), points, at, times, count) for at in window.times]
                for value, points in below.items()}  # fmt: skip

    return draw


def _share(above: Points, below: Points, at: int, times: float, count: bool) -> float | None:
    if at not in below:
        return None
    under = below[at].n if count else below[at].total
    if not under:
        return None
    if at not in above:
        return 0.0
    return times * (above[at].n if count else above[at].total) / under


def level_share(over: str, under: str, times: float = 1.0) -> Draw:
    """One level by another, each added up."""

    def draw(window: Window, label: str) -> dict[str, Values]:
        above, below = level(over)(window, label), level(under)(window, label)
        return {
            value: [None if not whole or part is None else times * part / whole
                    for part, whole in zip(above.get(value, [None] * len(wholes)), wholes, strict=True)]
            for value, wholes in below.items()
        }  # fmt: skip

    return draw


def quantile(of: Histogram, share: float) -> Draw:
    """Of a histogram, by its buckets: within one the observations are taken to lie evenly, as Prometheus does."""
    name = f"{of.family.name.removeprefix(PREFIX)}_bucket"

    def draw(window: Window, label: str) -> dict[str, Values]:
        found: dict[str, dict[float, Points]] = {}
        for bound in {labels["le"] for labels, _points in window.of(name)}:
            for value, points in window.by(name, label, partial(_up_to, bound)).items():
                found.setdefault(value, {})[float(bound)] = points
        bounds = (*of.family.bounds, float("inf"))
        return {
            value: [_quantile(buckets, bounds, at, share) for at in window.times] for value, buckets in found.items()
        }

    return draw


def _up_to(bound: str, labels: Labels) -> bool:
    return labels["le"] == bound


def _quantile(buckets: dict[float, Points], bounds: tuple[float, ...], at: int, share: float) -> float | None:
    # Bounds of an earlier version count as well.
    edges = sorted({*bounds, *buckets})
    counts = [points[at].total if (points := buckets.get(edge, {})) and at in points else 0.0 for edge in edges]
    wanted, so_far, floor = share * sum(counts), 0.0, 0.0
    if not wanted:
        return None
    for edge, count in zip(edges, counts, strict=True):
        if so_far + count >= wanted:
            # What is beyond the last bound is as far as can be told.
            return floor if edge == float("inf") else floor + (edge - floor) * (wanted - so_far) / count
        so_far, floor = so_far + count, edge
    return floor


def uptime(window: Window, label: str) -> dict[str, Values]:
    """Per cent of the minutes in which some process of the site served; from the first minute that is known on."""
    found = window.by(MARK, "")
    points = found.get("", {})
    if not points:
        return {}
    first = min(points)
    values: Values = []
    for at in window.times:
        minutes = max(1, round(window.lasted(at) / 60))
        # The minute under way may not have been told of.
        told = points[at].total if at in points else 0.0
        values.append(None if at < first else min(100.0, 100 * told / minutes))
    return {"": values}
