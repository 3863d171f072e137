"""Where the blocks of a Markdown text end that is still being written.

A block is over once another begins: at a line that begins without white space, after a blank line, outside of fenced code. So
lists with blank lines between their items come apart into items, which look the same; what only the whole text can tell (references,
footnotes) is left to its final rendering. Each character is looked at once.
"""

import re
from typing import Final

_FENCE: Final = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_CLOSING: Final = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*$")


class Blocks:
    """Takes a text in pieces of any length."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._line: list[str] = []
        self._at_start = True
        self._blank = False
        self._fence = ""

    def feed(self, text: str) -> list[str]:
        """The blocks that are over now; one after the other, all that were returned are the text's beginning."""
        finished = []
        for line in text.splitlines(keepends=True) if "\n" in text else [text]:
            if self._at_start and line and self._blank and not self._fence and not line[0].isspace():
                finished.append("".join(self._open))
                self._open.clear()
            self._take(line)
        return finished

    def _take(self, piece: str) -> None:
        if not piece:
            return
        self._open.append(piece)
        self._line.append(piece)
        self._at_start = piece.endswith("\n")
        if self._at_start:
            self._end_line("".join(self._line)[:-1])
            self._line.clear()

    def _end_line(self, line: str) -> None:
        self._blank = not line.strip()
        if self._fence:
            closing = _CLOSING.match(line)
            if closing and closing[1].startswith(self._fence):
                self._fence = ""
        elif opening := _FENCE.match(line):
            self._fence = opening[1]
