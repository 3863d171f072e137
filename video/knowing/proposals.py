"""What a model proposes for a video: chapters, or a title and tags. Read from its words as plain text within bounds, and done when its owner says so."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from chat import fencing
from meatlizard.errors import Invalid
from video import actions
from video.knowing.transcripts import clock
from video.library import chapters
from video.models import Video

CHAPTERS, TITLE = "chapters", "title"
MOST_CHAPTERS: Final = 30
MOST_TAGS: Final = 8
LONGEST_DESCRIPTION: Final = 20_000
SCHEMAS: Final = {
    CHAPTERS: json.dumps(
        {
            "type": "object",
            "properties": {
                "chapters": {
                    "type": "array", "maxItems": MOST_CHAPTERS,
                    "items": {
                        "type": "object", "required": ["second", "title"],
                        "properties": {"second": {"type": "integer", "minimum": 0}, "title": {"type": "string", "maxLength": 80}},
                    },
                }
            },
            "required": ["chapters"],
        }
    ),
    TITLE: json.dumps(
        {
            "type": "object",
            "properties": {
                "title": {"type": "string", "maxLength": 100},
                "tags": {"type": "array", "maxItems": MOST_TAGS, "items": {"type": "string", "maxLength": 40}},
            },
            "required": ["title", "tags"],
        }
    ),
}  # fmt: skip
_BEGINNING: Final = re.compile(r"^[\s\-\u2010-\u2015*|:.>~)(\]\[\u2192_`#]+")


@dataclass(frozen=True, slots=True)
class Mark:
    start: int
    title: str

    @property
    def clock(self) -> str:
        return clock(self.start)

    def __str__(self) -> str:
        return f"{self.clock} {self.title}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """``kind`` CHAPTERS has ``marks``, TITLE the others."""

    kind: str
    marks: tuple[Mark, ...] = ()
    title: str = ""
    tags: tuple[str, ...] = ()


def read(kind: str, said: str, video: Video) -> Proposal:
    """Raises Invalid for words that are no proposal."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        proposal = _chapters(found, video) if kind == CHAPTERS else _title(found)
        if proposal is not None:
            return proposal
    raise Invalid(_("The model did not answer in the form that was asked for. Try again."), code="form_bad")


def accept_chapters(video: Video, marks: tuple[Mark, ...]) -> None:
    """Writes them below the description, in the place of those that stood in it. Raises Invalid, and then nothing is changed."""
    with transaction.atomic():
        row = _locked(video)
        kept = row.description
        if chapters.parse(kept, row.duration):
            kept = "\n".join(line for line in kept.splitlines() if not chapters.is_mark(line)).strip()
        text = "\n\n".join(part for part in (kept, "\n".join(map(str, marks))) if part)
        if len(text) > LONGEST_DESCRIPTION:
            raise Invalid(
                _("With these chapters the description would be too long. Shorten it first."), code="too_long"
            )
        if [one.start for one in chapters.parse(text, row.duration)] != [mark.start for mark in marks]:
            raise Invalid(
                _("The description holds times that would mix with these chapters. Take them out of it first."),
                code="times_mixed",
            )
        actions.describe(row, description=text)


def accept_title(video: Video, title: str) -> None:
    actions.describe(video, title=title)


def accept_tags(video: Video, tags: tuple[str, ...]) -> None:
    """Beside those there are. Raises LimitReached."""
    with transaction.atomic():
        row = _locked(video)
        actions.set_tags(row, [*row.tags.values_list("name", flat=True), *tags])


def _locked(video: Video) -> Video:
    return Video.objects.select_for_update(no_key=True).get(pk=video.pk)


def _chapters(found: dict[str, Any], video: Video) -> Proposal | None:
    """By the rules of chapters: the first at 0:00, each at least as long as they have to be."""
    rows = found.get("chapters")
    said: dict[int, str] = {}
    for row in rows[: 4 * MOST_CHAPTERS] if isinstance(rows, list) else ():
        second, title = (row.get("second"), _plain(row.get("title"))) if isinstance(row, dict) else (None, "")
        if isinstance(second, int) and not isinstance(second, bool) and second >= 0 and title:
            said.setdefault(second, title)
    end = video.duration or float("inf")
    marks: list[Mark] = []
    for second, title in sorted(said.items()):
        if not marks:
            marks.append(Mark(0, title))
        elif second - marks[-1].start >= chapters.SHORTEST and end - second >= chapters.SHORTEST:
            marks.append(Mark(second, title))
    marks = marks[:MOST_CHAPTERS]
    parsed = chapters.parse("\n".join(map(str, marks)), video.duration)
    return Proposal(CHAPTERS, marks=tuple(marks)) if parsed else None


def _title(found: dict[str, Any]) -> Proposal | None:
    title = _plain(found.get("title"))
    rows = found.get("tags")
    named = [actions.tag_name(_plain(row).replace(",", " ")) for row in (rows if isinstance(rows, list) else [])]
    tags = tuple(dict.fromkeys(tag for tag in named if tag))[:MOST_TAGS]
    return Proposal(TITLE, title=title, tags=tags) if title or tags else None


def _plain(said: object, most: int = 100) -> str:
    """On one line, without signs that nobody sees, and without what begins a list or a heading."""
    text = _BEGINNING.sub("", fencing.visible(said)) if isinstance(said, str) else ""
    return actions.line(text, most)
