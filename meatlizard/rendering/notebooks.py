"""Jupyter notebooks, formats 3 and 4: https://nbformat.readthedocs.io/. Nothing in them runs."""

import base64
import binascii
import html
import json
import re
from typing import Any

from meatlizard.markup import render_markdown
from meatlizard.rendering import code

CELLS = 2_000
OUTPUTS = 200
TEXT = 100_000
"""Characters of one output that are shown."""

IMAGE = 4_000_000
"""Characters of one picture in base64."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STARTS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}


def notebook(text: str, mark: str) -> str:
    """Raises ValueError for what is none."""
    try:
        book = json.loads(text)
    except RecursionError:
        raise ValueError("too deep") from None
    cells = _cells(book)
    language = _language(book)
    shown = [_cell(cell, f"{mark}c{number}-", language) for number, cell in enumerate(cells[:CELLS])]
    return "".join(shown)


def _cells(book: Any) -> list[Any]:
    if not isinstance(book, dict):
        raise ValueError("no notebook")
    cells = book.get("cells")
    if cells is None and isinstance(book.get("worksheets"), list):
        sheets = [sheet for sheet in book["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list):
        raise ValueError("no notebook")
    return [cell for cell in cells if isinstance(cell, dict)]


def _language(book: dict[str, Any]) -> str:
    meta = book.get("metadata")
    kernel = meta.get("kernelspec") if isinstance(meta, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return language if isinstance(language, str) else "python"


def _cell(cell: dict[str, Any], mark: str, language: str) -> str:
    kind = cell.get("cell_type")
    source = _text(cell.get("source", cell.get("input")))
    if kind == "markdown":
        return f'<div class="cell prose">{render_markdown(source, mark)}</div>'
    if kind == "heading":
        return f'<div class="cell prose"><h2>{html.escape(source)}</h2></div>'
    if kind != "code":
        return f'<div class="cell"><pre>{html.escape(source)}</pre></div>'
    outputs = cell.get("outputs")
    shown = [_output(one) for one in (outputs if isinstance(outputs, list) else [])[:OUTPUTS]]
    count = cell.get("execution_count", cell.get("prompt_number"))
    number = f"[{count}]" if isinstance(count, int) else "[ ]"
    return (
        f'<div class="cell"><p class="cell-number">{number}</p><div class="code"><pre><code>{_code(source, language, mark)}'
        f"</code></pre></div>{''.join(shown)}</div>"
    )


def _code(source: str, language: str, mark: str) -> str:
    try:
        return "".join(code.highlighted(source, language, mark))
    except LookupError:
        return "".join(code.plain(source, mark))


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    if "traceback" in output:
        return _pre(_text(output["traceback"], "\n"), "cell-error")
    if "text" in output and output.get("output_type") == "stream":
        return _pre(_text(output["text"]), "cell-output")
    data = output.get("data")
    if not isinstance(data, dict):
        # Format 3 has them beside each other, under short names.
        data = {_FORMER.get(key, key): value for key, value in output.items()}
    for media, start in _STARTS.items():
        if picture := _picture(data.get(media), media, start):
            return picture
    if "text/markdown" in data:
        return f'<div class="cell-output prose">{render_markdown(_text(data["text/markdown"])[:TEXT])}</div>'
    return _pre(_text(data["text/plain"]), "cell-output") if "text/plain" in data else ""


_FORMER = {"text": "text/plain", "png": "image/png", "jpeg": "image/jpeg"}


def _picture(value: Any, media: str, start: bytes) -> str:
    """Only what is one: a browser is told the type, and nothing else may hide behind it."""
    packed = "".join(_text(value).split()) if value is not None else ""
    if not packed or len(packed) > IMAGE:
        return ""
    try:
        if not base64.b64decode(packed, validate=True).startswith(start):
            return ""
    except (binascii.Error, ValueError):
        return ""
    return f'<p class="cell-output"><img src="data:{media};base64,{packed}" alt=""></p>'


def _pre(text: str, kind: str) -> str:
    text = _ESCAPES.sub("", text)
    return f'<pre class="{kind}">{html.escape(text[:TEXT])}{"…" if len(text) > TEXT else ""}</pre>'


def _text(value: Any, between: str = "") -> str:
    if isinstance(value, list):
        return between.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
