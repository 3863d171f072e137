"""Chapters that stand in a description, by the rules that people know from YouTube.

Each is a line with a time of it and a title. They count when the first begins at 0:00, there are at least three, their times rise,
and none is shorter than ten seconds (https://support.google.com/youtube/answer/9884579). Otherwise the description has none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from video.library.spans import clock

LEAST: Final = 3
SHORTEST: Final = 10
"""Seconds of a chapter."""

MOST: Final = 200
LONGEST_TITLE: Final = 100

TIME: Final = r"(?:(?P<h>\d{1,2}):(?P<hm>[0-5]?\d)|(?P<m>\d{1,3})):(?P<s>[0-5]\d)"
"""As ``0:07``, ``12:30``, ``90:00`` and ``1:02:03``."""

_MARKS: Final = r"[\s\-\u2010-\u2015\u2022*·|:.>~)\]\u2192]*"
_FIRST: Final = re.compile(rf"^[\s\-*\u2022·>(\[]*(?:\d{{1,3}}[.)]\s+)?[(\[]?{TIME}(?!:?\d){_MARKS}(?P<title>\S.*)$")
_LAST: Final = re.compile(rf"^(?P<title>\S.*?)[\s\-\u2010-\u2015|(\[]+{TIME}[)\]]?\s*$")


@dataclass(frozen=True, slots=True)
class Chapter:
    """``start`` and ``end`` in seconds; ``end`` None where the length of the video is not known."""

    start: int
    end: float | None
    title: str

    @property
    def clock(self) -> str:
        return clock(self.start)


def seconds(found: re.Match[str]) -> int:
    """Of a match of :data:`TIME`."""
    hours, minutes = (found["h"], found["hm"]) if found["h"] is not None else ("0", found["m"])
    return int(hours) * 3600 + int(minutes) * 60 + int(found["s"])


def parse(description: str, duration: float | None = None) -> list[Chapter]:
    """Empty where the rules are not kept. What begins behind the end of the video is left out before they are looked at."""
    marks = [mark for mark in _marks(description) if duration is None or mark[0] < duration]
    starts = [start for start, _title in marks]
    ends = [*starts[1:], duration]
    if len(marks) < LEAST or len(marks) > MOST or starts[0] != 0:
        return []
    lasting = [end - start for start, end in zip(starts, ends, strict=True) if end is not None]
    if any(length < SHORTEST for length in lasting):
        return []
    return [Chapter(start, end, title) for (start, title), end in zip(marks, ends, strict=True)]


def is_mark(line: str) -> bool:
    """Whether a line of a description is the beginning of a chapter, where the rules are kept."""
    return any(_marks(line))


def _marks(description: str) -> Iterator[tuple[int, str]]:
    for line in description.splitlines():
        # Longer ones are prose, and no title of a chapter.
        text = line.strip()[: LONGEST_TITLE * 3]
        found = _FIRST.match(text) or _LAST.match(text)
        if found and (title := _plain(found["title"])):
            yield seconds(found), title


def _plain(title: str) -> str:
    """Without the signs with which Markdown makes words stand out."""
    return " ".join(title.strip(" \t*_`#").split())[:LONGEST_TITLE]
