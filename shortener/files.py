"""Tables as files that spreadsheets open: what strangers have put into a cell is text there, and no formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@|%]")
"""How cells begin that programs compute, after whatever they skip. (OWASP, "CSV Injection")"""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: Any) -> Any:
    """Text that would be computed gets an apostrophe before it, which spreadsheets do not show; :func:`plain` takes it away again."""
    if not isinstance(value, str):
        return "" if value is None else value
    value = value.replace("\x00", "")
    return f"'{value}" if _FORMULA.match(value) or value.startswith("'") else value


def plain(text: str) -> str:
    """What :func:`cell` was given."""
    return text[1:] if text.startswith("'") and (text[1:].startswith("'") or _FORMULA.match(text[1:])) else text
