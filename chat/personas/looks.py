"""What the page of a persona shows of a version, rendered once: a visitor may ask for it as often as he likes."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from chat.messages import plain_html, rendered
from chat.models import PersonaVersion
from chat.personas import character as characters
from chat.personas.cast import cast
from chat.personas.lorebook import parse

REMEMBERED = 64
MAX_GREETINGS = 20
MAX_RENDERED = 40_000
"""Characters of first messages that are rendered; what is beyond stands there as it was written."""


class Look(NamedTuple):
    """``notes`` and ``greetings`` are safe HTML. ``entries``: of its lorebook."""

    notes: str
    greetings: tuple[str, ...]
    entries: int


@lru_cache(maxsize=REMEMBERED)
def look(version: UUID) -> Look:
    row = PersonaVersion.objects.get(pk=version)
    who = characters.of(row)
    names = cast(who, "", "", ())
    notes = rendered(who.creator_notes, version) if who.creator_notes else ""
    texts = (names.expanded(text) for text in who.greetings[:MAX_GREETINGS])
    return Look(notes, tuple(_rendered(texts, version)), len(parse(who.book).entries))


def _rendered(texts: Iterator[str], key: UUID) -> Iterator[str]:
    room = MAX_RENDERED
    for text in texts:
        room -= len(text)
        yield rendered(text, key) if room >= 0 else plain_html(text)
