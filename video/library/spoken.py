"""Where in videos something is said: of each the moment that has the most of the words sought."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.search.query import Term
from chat.search.snippets import Part, snippet
from video.knowing import transcripts
from video.library.spans import clock
from video.library.words import SAID
from video.models import Captions


@dataclass(frozen=True, slots=True)
class Moment:
    """``start``: seconds. ``parts``: what is said there, each piece with whether it was sought."""

    start: int
    parts: tuple[Part, ...]

    @property
    def clock(self) -> str:
        return clock(self.start)


def moments(videos: Collection[UUID], words: Sequence[str], beginning: str = "") -> dict[UUID, Moment]:
    """Of those videos that have all words in one of their captions."""
    rows = Captions.objects.filter(video__in=videos, state=Captions.State.READY, words__in=SAID.keys(words, beginning))
    # One of several languages will do, and cues are long.
    first: dict[UUID, UUID] = {}
    for video, key in rows.order_by("-default", "created").values_list("video", "pk"):
        first.setdefault(video, key)
    terms = [Term((word,), beginning=word == beginning) for word in words]
    found = {}
    for row in Captions.objects.filter(pk__in=first.values()).defer("text"):
        said = transcripts.lines(row)
        if said:
            best = max(said, key=lambda line: (_count(line.text, words), -line.start))
            found[row.video_id] = Moment(best.start, snippet(best.text, terms))
    return found


def _count(text: str, words: Sequence[str]) -> int:
    plain = _plain(text)
    return sum(_plain(word) in plain for word in words)


def _plain(text: str) -> str:
    """In small letters without their accents, as the index has them."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).casefold()
