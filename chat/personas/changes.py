"""What differs between two versions, field by field, for people. Pure."""

import difflib
import json
from collections.abc import Iterator
from typing import NamedTuple

from chat.personas import character as characters
from chat.personas.character import Character

MAX_LINES = 4_000


class Change(NamedTuple):
    """``lines`` with their sign, ``+``, ``-`` or a blank; None when there are too many to compare."""

    field: str
    lines: list[tuple[str, str]] | None


def changes(before: Character, after: Character) -> Iterator[Change]:
    for name in characters.FIELDS:
        old, new = _written(before, name), _written(after, name)
        if old != new:
            yield Change(characters.words(name), _compared(old.splitlines(), new.splitlines()))


def _written(character: Character, name: str) -> str:
    value = getattr(character, name)
    if name == "alternatives":
        return "\n— — —\n".join(value)
    if name == "tags":
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False) if value else ""


def _compared(old: list[str], new: list[str]) -> list[tuple[str, str]] | None:
    if len(old) + len(new) > MAX_LINES:
        return None
    # Without the two lines that name files, and those that name places.
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    return [(line[0], line[1:]) for line in lines if not line.startswith("@@ ")]
