"""A chart as the numbers of an SVG; the template draws it. No script takes part."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from meatlizard.metrics.charts import Line

WIDTH: Final = 960
HEIGHT: Final = 240
LEFT, BOTTOM, TOP, RIGHT = 56, 22, 10, 6
LABELS: Final = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """``path``: of an SVG, broken where nothing was measured; ``number`` from 1 on says how it looks."""

    number: int
    line: Line
    path: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis, and what stands there."""

    place: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    curves: list[Curve]
    lines: list[Mark]
    moments: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def plot(lines: Sequence[Line], times: Sequence[int], step: int, ceiling: float | None = None) -> Plot:
    top = ceiling or rounded_up(max((value for line in lines for value in line.known), default=0.0))
    room = HEIGHT - BOTTOM - TOP
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(times) - 1)
    curves = [Curve(number, line, _path(line, top, room, wide)) for number, line in enumerate(lines, 1)]
    scale = [Mark(round(TOP + room * (1 - part / 2), 1), number(top * part / 2)) for part in (0, 1, 2)]
    every = max(1, -(-len(times) // LABELS))
    moments = [
        Mark(round(LEFT + wide * place, 1), moment(times[place], step))
        for place in range(0, len(times), every)
        if place <= len(times) * 0.95
    ]
    return Plot(curves, scale, moments)


def _path(line: Line, top: float, room: float, wide: float) -> str:
    parts, drawing = [], False
    for place, value in enumerate(line.values):
        if value is None:
            drawing = False
            continue
        x, y = LEFT + wide * place, TOP + room * (1 - min(1.0, max(0.0, value / top)))
        # A point alone is drawn as a line of no length, which round ends make visible.
        parts.append(f"L{x:.1f} {y:.1f}" if drawing else f"M{x:.1f} {y:.1f}h0")
        drawing = True
    return "".join(parts)


def rounded_up(most: float) -> float:
    """To one digit and noughts, so that the half of it is a short number as well."""
    if most <= 0 or not math.isfinite(most):
        return 1.0
    unit = 10 ** math.floor(math.log10(most))
    return float(next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= most * 0.999_999))


def number(value: float) -> str:
    """Short, for an axis or a table: 12.3k, 1.2M, 0.04."""
    if value == 0:
        return "0"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g}{unit}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.3g}"


def moment(at: int, step: int) -> str:
    """In UTC, as precise as the step is."""
    when = datetime.datetime.fromtimestamp(at, datetime.UTC)
    return f"{when:%Y-%m-%d}" if step >= 86_400 else f"{when:%m-%d %H:%M}" if step >= 3_600 else f"{when:%H:%M}"
