"""A cue: what is read on the screen for a while.

``markup`` is text in which ``&``, ``<`` and ``>`` are written as entities, with the tags ``<i>``, ``<b>`` and ``<u>``, each closed in its own
cue, and nothing else: it may go into WebVTT, SubRip and a page as it is.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

MOST_CUES: Final = 20_000
MOST_CHARACTERS: Final = 1_000
"""Of one cue, tags counted too."""

MOST_MS: Final = 100 * 3_600_000 - 1
"""The last moment that every one of the formats can write."""

SETTINGS: Final = frozenset({"line", "position", "align", "size"})
"""Those of WebVTT that are kept: where on the picture a cue stands."""

_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<[\d:.]{3,20}>|</>")
_KEPT: Final = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u"}
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]{1,60})>")
_SETTING: Final = re.compile(r"(line|position|align|size):([a-z0-9.,%-]{1,20})")
_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Cue:
    """``start`` and ``end``: milliseconds. ``settings``: of WebVTT, as ``line:0 align:start``."""

    start: int
    end: int
    markup: str
    settings: str = ""

    @property
    def text(self) -> str:
        """What is read, without tags."""
        return html.unescape(_TAG.sub("", self.markup))

    def row(self) -> list[Any]:
        """As the database keeps it."""
        return [self.start, self.end, self.markup, *([self.settings] if self.settings else [])]


def of_row(row: list[Any]) -> Cue:
    return Cue(int(row[0]), int(row[1]), str(row[2]), str(row[3]) if len(row) > 3 else "")


def clean(text: str) -> str:
    """``text`` with tags of whatever kind, as markup: known tags are kept and closed, others are left out, a speaker's name is written before
    what is said."""
    text = _VOICE.sub(lambda found: f"{found.group(1).strip()}: ", text)
    pieces: list[str] = []
    opened: list[str] = []
    at = 0
    for found in _TAG.finditer(text):
        pieces.append(_escaped(text[at : found.start()]))
        pieces.append(_tag(found.group(), opened))
        at = found.end()
    pieces.append(_escaped(text[at:]))
    pieces.extend(f"</{name}>" for name in reversed(opened))
    return _lines("".join(pieces))


def _tag(text: str, opened: list[str]) -> str:
    name = _KEPT.get(re.split(r"[\s.>/]", text.lstrip("</").strip().lower(), maxsplit=1)[0], "")
    if not name:
        return ""
    if not text.startswith("</"):
        if name in opened:
            return ""
        opened.append(name)
        return f"<{name}>"
    if name not in opened:
        return ""
    # What was opened within it ends before it.
    ended = ""
    while opened:
        last = opened.pop()
        ended += f"</{last}>"
        if last == name:
            break
    return ended


def _escaped(text: str) -> str:
    return html.escape(_HIDDEN.sub("", html.unescape(text)), quote=False)


def _lines(text: str) -> str:
    """No empty lines: in every format they end a cue."""
    return "\n".join(line for one in text.splitlines() if (line := " ".join(one.split())))


def placed(settings: str) -> str:
    """Those of :data:`SETTINGS` that are well written."""
    return " ".join(found.group() for one in settings.split() if (found := _SETTING.fullmatch(one)))


def put_in_order(cues: Iterable[Cue]) -> list[Cue]:
    """Those that say something for some time, by their beginning."""
    said = (
        replace(one, start=max(0, one.start), end=min(one.end, MOST_MS)) for one in cues if one.markup and one.text.strip()
    )  # fmt: skip
    return sorted((one for one in said if one.end > one.start), key=lambda one: (one.start, one.end))


def moved(cues: Iterable[Cue], by: int) -> list[Cue]:
    """All of them later by so many milliseconds; what lies before the beginning then is left out."""
    return put_in_order(replace(one, start=one.start + by, end=one.end + by) for one in cues)
