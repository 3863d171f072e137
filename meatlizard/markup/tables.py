"""Tables of comma-separated values."""

import csv
import html
import io
from collections.abc import Iterator

ROWS = 500
"""Rows of a piece."""

COLUMNS = 200
FIELD = 2_000
"""Characters of a cell that are shown."""


def table(text: str, separator: str | None) -> Iterator[str]:
    """Rows; the first is the head. ``separator`` None: the one that the first line has most of. Raises ValueError for what is no
    table."""
    csv.field_size_limit(1_000_000)
    if separator is None:
        first = text[:10_000].partition("\n")[0]
        separator = max(",;\t|", key=first.count)
    piece: list[str] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if cells:
                piece.append(_row(cells, "td" if number else "th"))
            if len(piece) == ROWS:
                yield "".join(piece)
                piece = []
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if piece:
        yield "".join(piece)


def _row(cells: list[str], kind: str) -> str:
    scope = ' scope="col"' if kind == "th" else ""
    shown = "".join(f"<{kind}{scope}>{html.escape(cell[:FIELD])}</{kind}>" for cell in cells[:COLUMNS])
    return f"<tr>{shown}{'<td>…</td>' if len(cells) > COLUMNS else ''}</tr>"
