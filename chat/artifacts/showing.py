"""What a page gets to see of a version: HTML that is safe, or a text, each within bounds. CPU-bound."""

import html
import json
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from chat.artifacts import kinds
from chat.artifacts.kinds import View
from meatlizard.languages import number
from meatlizard.markup import differences, render_code, render_markdown, tables

SHOWN: Final = 400_000
"""Characters of a text that a page gets to see. All of it is in the file."""

MARKDOWN: Final = 200_000
JSON: Final = 300_000
ROWS: Final = tables.ROWS


@dataclass(frozen=True, slots=True)
class Preview:
    """``view`` says what ``html`` is: a frame and a diagram are drawn by the page itself, out of a block of code. ``note`` says in words
    what is not shown."""

    view: View
    html: str
    note: str = ""


def preview(kind: str, text: str) -> Preview:
    known = kinds.KINDS.get(kind, kinds.TEXT)
    try:
        if known.view == "markdown" and len(text) <= MARKDOWN:
            return Preview("markdown", f'<div class="prose">{render_markdown(text, "artifact")}</div>')
        if known.view == "table":
            return _table(text, "\t" if kind == "tsv" else None)
        if known.view == "json" and len(text) <= JSON:
            return Preview("json", render_code(json.dumps(json.loads(text), indent=2, ensure_ascii=False), "json"))
    except (ValueError, RecursionError):
        # It is not what it says it is.
        return source(kind, text)
    shown = source(kind, text)
    return Preview(known.view if known.view in ("frame", "diagram") else "code", shown.html, shown.note)


def source(kind: str, text: str) -> Preview:
    known = kinds.KINDS.get(kind, kinds.TEXT)
    cut = text[:SHOWN]
    note = (
        _("The first {count} characters are shown; all are in the file.").format(count=number(SHOWN))
        if len(text) > SHOWN
        else ""
    )
    language = "" if known is kinds.TEXT else known.language or known.name
    return Preview("code", render_code(cut, language), note)


def difference(before: str, after: str, name: str) -> Preview:
    lines = differences.unified(before[:SHOWN], after[:SHOWN], name)
    if lines is None:
        return Preview("text", "", _("These versions are too long to be compared."))
    if not lines:
        return Preview("text", "", _("Both are the same."))
    return Preview("code", render_code("\n".join(lines), "diff"))


def _table(text: str, separator: str | None) -> Preview:
    """Cells are text, whatever they begin with: nothing here reckons with them."""
    rows = next(tables.table(text[:SHOWN], separator), "")
    more = text.count("\n") > ROWS or len(text) > SHOWN
    note = _("The first {count} rows are shown; all are in the file.").format(count=number(ROWS)) if more else ""
    label = html.escape(_("Table"))
    return Preview(
        "table",
        f'<div class="table-scroll" role="region" aria-label="{label}" tabindex="0"><table>{rows}</table></div>',
        note,
    )
