"""Plots of the figures, as the numbers of their bars and lines; the templates draw them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shortener.figures import Clicks
from shortener.plots import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Mark, Plot, drawn
from video.watching.coverage import BUCKETS
from video.watching.figures import Figures


@dataclass(frozen=True, slots=True)
class Curve:
    """``line``: points of the curve; ``area``: the same, closed along the bottom."""

    line: str
    area: str
    lines: list[Mark]
    marks: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


MARKS: Final = (0, 25, 50, 75, 100)
UNITS: Final = (("TB", 2**40), ("GB", 2**30), ("MB", 2**20), ("KB", 2**10), ("B", 1))


def views(found: Figures) -> Plot:
    return drawn([(one.begin, Clicks(one.views, one.bots)) for one in found.series])


def traffic(days: Sequence[tuple[datetime.date, int]]) -> tuple[Plot, str]:
    """What was sent by the day, days without anything in between too; and the unit in which the plot counts."""
    if not days:
        return drawn([]), ""
    unit, size = _unit(max(sent for _day, sent in days))
    sent = {day: round(bytes_sent / size) for day, bytes_sent in days}
    first, last = days[0][0], days[-1][0]
    every = [first + datetime.timedelta(days=number) for number in range((last - first).days + 1)]
    midnight = datetime.time(tzinfo=datetime.UTC)
    return drawn([(datetime.datetime.combine(day, midnight), Clicks(sent.get(day, 0), 0)) for day in every]), unit


def _unit(most: int) -> tuple[str, int]:
    """The largest in which the most is no small number."""
    return next(((name, size) for name, size in UNITS if most >= 10 * size), UNITS[-1])


def curve(per_cent: Sequence[float]) -> Curve | None:
    """How many are still there, from the beginning to the end of the video."""
    if not per_cent:
        return None
    room, across = HEIGHT - BOTTOM - TOP, WIDTH - LEFT
    points = [
        (round(LEFT + across * (number + 0.5) / BUCKETS, 1), round(TOP + room * (1 - value / 100), 1))
        for number, value in enumerate(per_cent)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    area = f"{points[0][0]},{TOP + room} {line} {points[-1][0]},{TOP + room}"
    lines = [Mark(round(TOP + room * (1 - part / 100), 2), part) for part in (0, 50, 100)]
    marks = [Mark(round(LEFT + across * part / 100, 2), part) for part in MARKS]
    return Curve(line, area, lines, marks)
