"""What is said in a video, as a model reads it: lines with their times, as many as fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chat import fencing
from chat.context import weights
from chat.search.any_word import words
from video.captions import actions
from video.captions.cues import of_row
from video.models import Captions, Video

LINE_SECONDS: Final = 15
"""Cues within that are one line: their times cost more tokens than their words."""

NEIGHBOURS: Final = 1
"""Lines before and after one that has words of a question."""


@dataclass(frozen=True, slots=True)
class Line:
    """``start``: seconds."""

    start: int
    text: str

    def __str__(self) -> str:
        return f"[{clock(self.start)}] {self.text}"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``share``: how much of it that is, of 1."""

    text: str
    share: float


def of(video: Video) -> Captions | None:
    """Those of several that :func:`video.captions.actions.first_of` names."""
    rows = video.captions.filter(state=Captions.State.READY).exclude(text="").defer("text")
    return actions.first_of(rows, video)


def lines(captions: Captions) -> list[Line]:
    found: list[Line] = []
    before = ""
    for cue in map(of_row, captions.cues):
        # Captions that roll hold what was said before once more. A bracket of theirs is none of our times.
        text = " ".join(fencing.visible(cue.text).split()).replace("[", "(").replace("]", ")")
        if not text or text == before:
            continue
        before, start = text, cue.start // 1000
        if found and start - found[-1].start < LINE_SECONDS:
            found[-1] = Line(found[-1].start, f"{found[-1].text} {text}")
        else:
            found.append(Line(start, text))
    return found


def fitted(said: Sequence[Line], tokens: int, question: str = "") -> Excerpt:
    """All of it, or what fits: first the lines with words of ``question``, then lines evenly from beginning to end, all by their times."""
    costs = [weights.tokens(str(line)) + 1 for line in said]
    total = sum(costs)
    if total <= tokens:
        return Excerpt("\n".join(map(str, said)), 1.0)
    kept: set[int] = set()
    left = tokens
    for number in [*_asked_for(said, question), *_evenly(len(said))]:
        if number not in kept and costs[number] <= left:
            kept.add(number)
            left -= costs[number]
    return Excerpt("\n".join(str(said[number]) for number in sorted(kept)), (tokens - left) / total)


def clock(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _asked_for(said: Sequence[Line], question: str) -> list[int]:
    """Those with the most words of it first, each with its neighbours."""
    asked = set(words(question))
    if not asked:
        return []
    counts = [sum(word in text for word in asked) for text in (line.text.lower() for line in said)]
    best = sorted((number for number, count in enumerate(counts) if count), key=lambda number: -counts[number])
    return [
        near for number in best for near in range(max(0, number - NEIGHBOURS), min(len(said), number + NEIGHBOURS + 1))
    ]


def _evenly(count: int) -> list[int]:
    """All numbers below ``count``, ordered so that however many are taken, they lie evenly: by halves, quarters, eighths."""
    width = max(1, (count - 1).bit_length())
    turned = (int(f"{number:0{width}b}"[::-1], 2) for number in range(1 << width))
    return [number for number in turned if number < count]
