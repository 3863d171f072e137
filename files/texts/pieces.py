"""Texts as safe HTML, in pieces of :data:`meatlizard.rendering.code.LINES` lines."""

import math
import zlib
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

from files.models import Blob, BlobText
from files.previews import kinds
from meatlizard.rendering import VERSION, code
from meatlizard.rendering.workers import Busy, TookTooLong, pages

MOST_COLOURED: Final = 200_000
"""Characters; a longer text is shown as it is written."""

SECONDS: Final = 2.0
KEPT_SECONDS: Final = 24 * 3600
MARK: Final = "L"


@dataclass(frozen=True, slots=True)
class Shown:
    """``kind`` tells what the pieces are of, see :mod:`meatlizard.rendering.render`; ``html`` is one of ``pieces``."""

    kind: str
    html: str
    pieces: int


def piece(blob: Blob, text: BlobText, name: str, number: int) -> Shown | None:
    """Number ``number``, from 0; None where there is none."""
    format = format_of(blob, name)
    if format and text.length <= MOST_COLOURED:
        coloured = _coloured(blob, text.text, format)
        if coloured is not None:
            kind, packed = coloured
            return Shown(kind, zlib.decompress(packed[number]).decode(), len(packed)) if number < len(packed) else None
    html = code.plain_piece(text.text, MARK, number)
    lines = text.text.count("\n") + (not text.text.endswith("\n"))
    return Shown("lines", html, max(1, math.ceil(lines / code.LINES))) if html is not None else None


def format_of(blob: Blob, name: str) -> str:
    """What the text is written in, by its file's name; empty for plain ones and those out of documents."""
    kind = kinds.of(blob.media_type, name)
    if kind == "markdown":
        return "markdown"
    if kind != "text":
        return ""
    if name.lower().endswith(".ipynb"):
        return "notebook"
    from pygments.lexers import find_lexer_class_for_filename

    found = find_lexer_class_for_filename(name)
    if found is None:
        return {"text/html": "html", "application/xml": "xml", "image/svg+xml": "xml"}.get(blob.media_type, "")
    alias = str(found.aliases[0]) if found.aliases else ""
    return "" if alias == "text" else alias


def _coloured(blob: Blob, text: str, format: str) -> tuple[str, list[bytes]] | None:
    """None where that takes too long; the next who looks may find nobody before them."""
    key = f"files.text.{VERSION}.{blob.pk}.{format}"
    known: tuple[str, list[bytes]] | None = cache.get(key)
    if known is not None:
        return known
    try:
        made = pages.render(text, format, MARK, SECONDS)
    except Busy:
        return None
    except TookTooLong:
        made = ("lines", [zlib.compress(piece.encode(), 1) for piece in code.plain(text, MARK)])
    cache.set(key, made, KEPT_SECONDS)
    return made
