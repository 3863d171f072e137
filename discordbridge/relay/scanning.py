"""An answer's Markdown, as it comes, in pieces that are settled: whatever follows, what was said of them stays true."""

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Final, Literal

from discordbridge.relay.cutting import neutral_cut
from discordbridge.relay.formula import readable
from discordbridge.relay.inline import escaped, inline
from discordbridge.relay.lines import line
from discordbridge.relay.tables import begins_table, drawn
from discordbridge.relay.units import fit, units

LONGEST_LINE: Final = 1_200
"""Units of a line that are waited for. A longer one comes in pieces of no more."""

MAX_ROWS: Final = 60
"""Of a table; those that follow make another one with the same head."""

MAX_FORMULA_LINES: Final = 40

_FENCE: Final = re.compile(r"([ \t]*)(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})[ \t]*(\S*)")
_LANGUAGE: Final = re.compile(r"[\w+.#-]{1,30}", re.ASCII)
_ENDS: Final = {"$$": "$$", "\\[": "\\]"}
_UNSEEN: Final = dict.fromkeys([*range(9), *range(0x0B, 0x20), 0x7F, *range(0x202A, 0x202F)])
"""Controls, and marks that turn round the direction of all that follows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """``text`` and ``code`` are lines in Discord's dialect, or beginnings of lines where a line does not end with them; ``open`` holds
    the language of the code that begins, ``close`` ends it. ``ours``: code that stands for a table or a formula."""

    kind: Literal["text", "open", "code", "close"]
    text: str = ""
    ends: bool = True
    ours: bool = False


class Scanner:
    """Takes a text in pieces of any length; what it yields does not depend on where they were cut."""

    def __init__(self) -> None:
        self._line = ""
        self._within = False
        self._fence = ""
        self._indent = 0
        self._held: list[str] = []
        self._holds: Literal["", "row", "table", "formula"] = ""

    def copied(self) -> "Scanner":
        other = copy(self)
        other._held = list(self._held)
        return other

    def feed(self, text: str) -> Iterator[Piece]:
        self._line += text.translate(_UNSEEN)
        while True:
            end = self._line.find("\n", 0, LONGEST_LINE + 1)
            if end >= 0 and units(self._line[:end]) <= LONGEST_LINE:
                whole, self._line = self._line[:end], self._line[end + 1 :]
                yield from self._take(whole)
            elif units(self._line[: LONGEST_LINE + 1]) > LONGEST_LINE:
                yield from self._take_beginning()
            else:
                return

    def end(self) -> Iterator[Piece]:
        """What is left when nothing more comes."""
        if self._line:
            whole, self._line = self._line, ""
            yield from self._take(whole)
        yield from self._release()
        if self._fence:
            self._fence = ""
            yield Piece("close")

    def _take_beginning(self) -> Iterator[Piece]:
        """A piece of a line that is too long to be waited for."""
        yield from self._release()
        window = self._line[: fit(self._line, LONGEST_LINE)]
        cut = len(window) if self._fence else neutral_cut(window, len(window) // 4)
        head, self._line = self._line[:cut], self._line[cut:]
        if self._fence:
            yield Piece("code", head, ends=False)
        else:
            yield Piece("text", inline(head) if self._within else line(head), ends=False)
        self._within = True

    def _take(self, whole: str) -> Iterator[Piece]:
        if self._within:
            self._within = False
            yield Piece("code", whole) if self._fence else Piece("text", inline(whole))
        elif self._fence:
            yield self._in_fence(whole)
        elif self._holds:
            yield from self._with_held(whole)
        else:
            yield from self._fresh(whole)

    def _in_fence(self, whole: str) -> Piece:
        bare = whole.strip()
        if bare.startswith(self._fence) and not bare.strip(self._fence[0]):
            self._fence = ""
            return Piece("close")
        indent = len(whole) - len(whole.lstrip(" "))
        return Piece("code", whole[min(indent, self._indent) :])

    def _fresh(self, whole: str) -> Iterator[Piece]:
        bare = whole.strip()
        if opening := _FENCE.match(whole):
            self._fence, self._indent = opening[2], len(opening[1])
            language = _LANGUAGE.fullmatch(opening[3])
            yield Piece("open", language[0] if language else "")
        elif bare[:2] in _ENDS:
            self._holds, self._held = "formula", []
            yield from self._formula(whole)
        elif "|" in whole:
            self._holds, self._held = "row", [whole]
        else:
            yield Piece("text", line(whole))

    def _with_held(self, whole: str) -> Iterator[Piece]:
        if self._holds == "formula":
            yield from self._formula(whole)
        elif self._holds == "row" and begins_table(self._held[0], whole):
            self._holds = "table"
        elif self._holds == "table" and "|" in whole and not _FENCE.match(whole):
            self._held.append(whole)
            if len(self._held) > MAX_ROWS:
                head = self._held[0]
                yield from self._release()
                self._holds, self._held = "table", [head]
        else:
            yield from self._release()
            yield from self._fresh(whole)

    def _formula(self, whole: str) -> Iterator[Piece]:
        """A formula for itself, once it has ended; what only looks like one is text."""
        bare = whole.strip()
        self._held.append(whole)
        first = self._held[0].strip()
        end = _ENDS[first[:2]]
        inside = bare[2:] if len(self._held) == 1 else bare
        if end in inside:
            if inside.endswith(end) and inside.count(end) == 1:
                tex = "\n".join(part.strip() for part in self._held).strip()[2:-2].strip()
                self._holds, self._held = "", []
                yield from _shown(tex)
            else:
                yield from self._release()
        elif not bare or len(self._held) > MAX_FORMULA_LINES:
            yield from self._release()

    def _release(self) -> Iterator[Piece]:
        """What was held until more was known of it."""
        holds, held = self._holds, self._held
        self._holds, self._held = "", []
        if holds == "table" and (len(held) > 1 or not self._fence):
            as_code, rows = drawn(held[0], held[1:])
            if as_code:
                yield from (Piece("open", ours=True), *(Piece("code", row, ours=True) for row in rows))
                yield Piece("close", ours=True)
            else:
                yield from (Piece("text", row) for row in rows)
        elif holds != "table":
            yield from (Piece("text", line(row)) for row in held)


def _shown(tex: str) -> Iterator[Piece]:
    if (shown := readable(tex)) is not None:
        yield Piece("text", escaped(shown))
        return
    yield from (Piece("open", "tex", ours=True), *(Piece("code", row, ours=True) for row in tex.split("\n")))
    yield Piece("close", ours=True)
