"""Tables with pipes, which Discord does not draw: narrow ones in columns as code, wide ones as a list with a line for each row."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from discordbridge.relay.inline import inline

WIDEST: Final = 56
"""Columns of a code block before a telephone breaks its lines."""

_DELIMITER: Final = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL: Final = re.compile(r"(?:[^|\\`]|\\.|(`+)(?:(?!\1).)*\1|`)*", re.DOTALL)
_BREAK: Final = re.compile(r"[ \t]*<br\s*/?>[ \t]*", re.IGNORECASE)
_SIGNS: Final = re.compile(r"\\([\\*_~|`#\[\]])|\*\*|~~|(?<!\w)[*_]|[*_](?!\w)|`")


def begins_table(header: str, delimiter: str) -> bool:
    """Whether these two lines are the head of a table."""
    if "|" not in delimiter or not _DELIMITER.fullmatch(delimiter):
        return False
    return len(cells(header)) == len(cells(delimiter))


def cells(row: str) -> list[str]:
    """What stands between the pipes of a row."""
    row = row.strip().removeprefix("|")
    found, position = [], 0
    while position <= len(row):
        cell = _CELL.match(row, position)
        assert cell is not None
        found.append(cell[0].replace("\\|", "|").strip())
        position = cell.end() + 1
    return found[:-1] if len(found) > 1 and row.rstrip().endswith("|") and not found[-1] else found


def drawn(header: str, rows: Sequence[str]) -> tuple[bool, list[str]]:
    """The lines of a table, and whether they are to be shown as code. Too many cells in a row are kept."""
    names = cells(header)
    body = [cells(row) for row in rows]
    width = max([len(names), *(len(row) for row in body)])
    whole = [[*row, *[""] * (width - len(row))] for row in (names, *body)]
    bare = [[_bare(cell) for cell in row] for row in whole]
    widths = [max(columns(row[index]) for row in bare) for index in range(width)]
    wide = sum(widths) + 2 * (width - 1)
    if wide <= WIDEST:
        return True, [_aligned(bare[0], widths), "─" * wide, *(_aligned(row, widths) for row in bare[1:])]
    return False, [_listed(whole[0], row) for row in whole[1:]] or [_listed(whole[0], whole[0])]


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _bare(cell: str) -> str:
    """Within code, signs of markup would be seen."""
    return _SIGNS.sub(lambda found: found[1] or "", _BREAK.sub("; ", cell))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _listed(names: Sequence[str], row: Sequence[str]) -> str:
    """``- **first**: name: second; name: third``"""
    shown = [inline(_BREAK.sub("; ", cell)) for cell in row]
    rest = [
        f"{inline(_BREAK.sub(' ', name))}: {cell}" if name and name != original else cell
        for name, original, cell in zip(names[1:], row[1:], shown[1:], strict=True)
        if cell
    ]
    first = shown[0] if "**" in shown[0] or not shown[0] else f"**{shown[0]}**"
    return "- " + " · ".join(part for part in (first, *rest) if part)
