"""A plot of clicks over time, as the numbers of its bars; the template draws it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shortener.figures import Clicks
from shortener.summary import Summary

WIDTH: Final = 960
HEIGHT: Final = 240
LEFT, BOTTOM, TOP = 44, 22, 8
LABELS: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    moment: datetime.datetime
    people: int
    bots: int
    x: float
    width: float
    y: float
    height: float
    bots_y: float
    bots_height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis and what stands there."""

    place: float
    value: int
    moment: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    bars: list[Bar]
    lines: list[Mark]
    days: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def plot(summary: Summary) -> Plot:
    return drawn(summary.series)


def drawn(series: Sequence[tuple[datetime.datetime, Clicks]]) -> Plot:
    """Whatever is counted of people, and of bots on top of it."""
    most = _round_up(max((clicks.people + clicks.bots for _moment, clicks in series), default=0))
    room = HEIGHT - BOTTOM - TOP
    slot = (WIDTH - LEFT) / max(1, len(series))
    bars = []
    for number, (moment, clicks) in enumerate(series):
        people, bots = (room * count / most for count in (clicks.people, clicks.bots))
        bars.append(
            Bar(
                moment, clicks.people, clicks.bots, x=round(LEFT + slot * (number + 0.1), 2), width=round(slot * 0.8, 2),
                y=round(TOP + room - people, 2), height=round(people, 2), bots_y=round(TOP + room - people - bots, 2), bots_height=round(bots, 2),
            )
        )  # fmt: skip
    every = max(1, -(-len(bars) // LABELS))
    lines = [Mark(round(TOP + room * (1 - part / 2), 2), most * part // 2) for part in (0, 1, 2)]
    # What would stand out over the edge is left out.
    days = [Mark(bar.x, 0, bar.moment) for bar in bars[::every] if bar.x < WIDTH - LEFT]
    return Plot(bars, lines, days)


def _round_up(most: int) -> int:
    """To an even number of one digit and noughts, so that the half of it is whole."""
    step = 2
    while most > step * 10:
        step *= 10
    return max(2, -(-most // step) * step)
