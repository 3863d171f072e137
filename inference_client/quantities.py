"""Sizes, durations and hours as people write them in the configuration."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_UNITS: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(?:\d+[smhd])+")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(?:([a-z,-]+)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_DAY_MINUTES: Final = 24 * 60


def size(text: str) -> int:
    """Bytes of ``12 GiB``, ``800M`` or ``4096``; a K is 1024. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no size; write it like 12 GiB or 800 MiB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def seconds(text: str) -> float | None:
    """Of ``30m``, ``1h30m`` or ``45s``; None for ``forever``. Raises ValueError."""
    text = text.strip().lower()
    if text == "forever":
        return None
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write it like 30m, 1h30m or forever")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text)))


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day, ``end`` left out; past midnight if ``end`` is not after ``begin``. ``days``: 0 is Monday, and
    counts the day on which it begins.
    """

    days: frozenset[int]
    begin: int
    end: int

    def covers(self, now: datetime) -> bool:
        """``now`` in local time."""
        minute = now.hour * 60 + now.minute
        today, yesterday = now.weekday(), (now - timedelta(days=1)).weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        return (today in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)


def span(text: str) -> Span:
    """Of ``22:00-07:00``, ``mon-fri 09:00-17:30`` or ``sat,sun 00:00-24:00``. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} are no hours; write them like 22:00-07:00 or mon-fri 09:00-17:30")
    begin, end = (int(found[first]) * 60 + int(found[first + 1]) for first in (2, 4))
    if int(found[3]) > 59 or int(found[5]) > 59 or begin >= _DAY_MINUTES or end > _DAY_MINUTES or begin == end:
        raise ValueError(f"{text!r} are no hours of a day; they go from 00:00 to 24:00 and must differ")
    return Span(_days(found[1] or "mon-sun"), begin, end)


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for item in text.split(","):
        first, _, last = item.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise ValueError(f"{item!r} are no days; write {', '.join(_DAYS)}, or a range such as mon-fri")
        count = (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        days.update((_DAYS.index(first) + step) % 7 for step in range(count + 1))
    return frozenset(days)
