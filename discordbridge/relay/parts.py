"""Pieces of an answer in messages: as many as fit into one, and what was full stays as it is."""

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext

from discordbridge.relay.cutting import cut
from discordbridge.relay.lines import unmarked
from discordbridge.relay.mentions import APART, defused
from discordbridge.relay.scanning import Piece
from discordbridge.relay.units import fit, units

ROOM: Final = 1_780
"""Units of an answer in one message; what is said of its state goes below, and both together keep to 1,900."""

CODE_SHOWN: Final = 3_000
"""Units of one block of code that are shown. The whole of a longer one comes as a file."""

SHORTEST_CODE: Final = 120
"""Units for which it is worth while to begin a block at the end of a message."""

_CLOSE: Final = "```"
_RESERVED: Final = len("\n" + _CLOSE) + 1
_SUFFIXES: Final = {
    "python": "py", "javascript": "js", "typescript": "ts", "rust": "rs", "ruby": "rb", "bash": "sh", "shell": "sh", "kotlin": "kt",
    "markdown": "md", "csharp": "cs", "c++": "cpp", "haskell": "hs", "": "txt", "text": "txt", "plaintext": "txt",
}  # fmt: skip


@dataclass(slots=True)
class Block:
    """One block of code, all of it."""

    language: str
    lines: list[str] = field(default_factory=list)
    shown: int = 0
    hidden: bool = False

    def copied(self) -> "Block":
        return Block(self.language, list(self.lines), self.shown, self.hidden)

    @property
    def source(self) -> str:
        return "".join(self.lines)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a message, or the beginning of one (``ends`` is false)."""

    text: str
    ends: bool = True
    edge: bool = False
    """Before it, a message may well end."""

    @property
    def size(self) -> int:
        return units(self.text) + self.ends


class Parts:
    """``full`` are messages that stay as they are; ``large`` the blocks of code that are shown in part."""

    def __init__(self) -> None:
        self.full: list[str] = []
        self.large: list[Block] = []
        self._rows: list[_Row] = []
        self._used = 0
        self._mid_line = False
        self._block: Block | None = None
        self._ours = False
        self._begun = 0

    def copied(self) -> "Parts":
        other = copy(self)
        other.full, other.large, other._rows = list(self.full), list(self.large), list(self._rows)
        other._block = self._block.copied() if self._block else None
        return other

    @property
    def last(self) -> str:
        """The message that still grows; empty when there is none."""
        return _joined(self._rows)

    def add(self, piece: Piece) -> None:
        if piece.kind == "text":
            self._text(self._joining(_harmless(piece.text)), piece.ends)
        elif piece.kind == "open":
            self._open(piece)
        elif piece.kind == "code":
            self._code(piece)
        else:
            self._close()

    # text -----------------------------------------------------------------------------------------------------------

    def _text(self, text: str, ends: bool = True) -> None:
        while True:
            if not self._rows:
                text = unmarked(text.lstrip()) if self._mid_line else text
                if not text.strip():
                    self._mid_line = self._mid_line and not ends
                    return
            if self._push(_Row(text, ends, edge=not text)):
                return
            text = self._overflow(text)

    def _overflow(self, text: str) -> str:
        """Ends the message before or within ``text``; returns what is left of it."""
        edge = max((at for at, row in enumerate(self._rows) if row.edge and at), default=0)
        if edge and _size(self._rows[:edge]) >= ROOM // 2:
            self._end_before(edge)
            return text
        room = ROOM - self._used - 2
        if self._rows and self._rows[-1].ends:
            ends_here = room < 200 or (self._used >= ROOM // 2 and units(text) <= ROOM - 2)
        else:
            ends_here = bool(self._rows) and room < 40
        if ends_here:
            self._end_before(len(self._rows))
            return text
        head, rest = cut(text, room)
        self._rows.append(_Row(head, ends=False))
        self._end_before(len(self._rows))
        return rest

    # code -----------------------------------------------------------------------------------------------------------

    def _open(self, piece: Piece) -> None:
        row = _Row(_CLOSE + piece.text, edge=True)
        if self._rows and self._used + row.size + SHORTEST_CODE > ROOM:
            self._end_before(len(self._rows))
        self._begun = len(self._rows)
        self._push(row)
        self._block, self._ours = Block(piece.text), piece.ours

    def _code(self, piece: Piece) -> None:
        assert self._block is not None
        self._block.lines.append(piece.text + ("\n" if piece.ends else ""))
        text = self._joining(_harmless(piece.text))
        if self._block.hidden or (self._block.shown + units(text) > CODE_SHOWN and not self._ours):
            self._block.hidden = True
            return
        self._block.shown += units(text) + 1
        while not self._push(_Row(text, piece.ends), _RESERVED):
            text = self._overflow_code(self._block, text)

    def _overflow_code(self, block: Block, text: str) -> str:
        """Ends the message before or within ``text``, which is code; returns what is left of it."""
        so_far = _size(self._rows[self._begun :])
        moves = so_far + units(text) + 2 * _RESERVED <= ROOM and self._used - so_far >= ROOM // 4
        if self._begun and (moves or len(self._rows) - self._begun == 1):
            # The block as a whole begins the next message.
            self._end_before(self._begun)
            return text
        if len(self._rows) - self._begun > 1:
            self._rows.append(_Row(_CLOSE if self._rows[-1].ends else "\n" + _CLOSE))
            end = 0
        else:
            end = fit(text, ROOM - self._used - _RESERVED - 1)
            while end > 1 and text[end - 1] in ("`", APART):
                end -= 1
            self._rows += (_Row(text[:end], ends=False), _Row("\n" + _CLOSE))
        self._end_before(len(self._rows))
        self._push(_Row(_CLOSE + block.language, edge=True))
        return text[end:]

    def _close(self) -> None:
        block, self._block = self._block, None
        assert block is not None
        if len(self._rows) - self._begun == 1:
            # An empty block, or one whose all is in the message before: Discord would show the bare ticks.
            self._used -= self._rows.pop().size
        else:
            row = _Row(_CLOSE if self._rows[-1].ends else "\n" + _CLOSE)
            self._rows.append(row)
            self._used += row.size
        if block.hidden:
            self.large.append(block)
            # Under which name is known when the answer is over: it may be what the question called it.
            self._text(gettext("📎 The whole code is in a file below."))

    def _joining(self, text: str) -> str:
        """``text``, kept apart from the beginning of its line where the two would mean something together."""
        if not self._rows or self._rows[-1].ends:
            return text
        seam = self._rows[-1].text[-20:] + text[:20]
        return text if _harmless(defused(seam)) == seam else APART + text

    # messages -------------------------------------------------------------------------------------------------------

    def _push(self, row: _Row, reserved: int = 0) -> bool:
        """Adds ``row`` if it fits."""
        if self._used + row.size + reserved > ROOM:
            return False
        self._rows.append(row)
        self._used += row.size
        return True

    def _end_before(self, index: int) -> None:
        """What is before ``index`` is a full message; the rest begins the next one."""
        done, kept = self._rows[:index], self._rows[index:]
        self._mid_line = not kept and not done[-1].ends
        if whole := _joined(done):
            self.full.append(whole)
        while kept and not kept[0].text.strip():
            kept.pop(0)
        self._begun = max(self._begun - index, 0)
        self._rows, self._used = kept, _size(kept)


def code_file(number: int, language: str) -> str:
    """The name of the file with the ``number``-th block of code that is longer than what is shown."""
    suffix = _SUFFIXES.get(language.lower(), language.lower())
    return f"code-{number}.{suffix if re.fullmatch(r'[a-z0-9]{1,8}', suffix) else 'txt'}"


def _joined(rows: Sequence[_Row]) -> str:
    return "".join(row.text + ("\n" if row.ends else "") for row in rows).rstrip()


def _size(rows: Sequence[_Row]) -> int:
    return sum(row.size for row in rows)


def _harmless(text: str) -> str:
    """Three ticks in a row begin and end code, wherever they stand."""
    return re.sub(r"``(?=`)", "``" + APART, text)
