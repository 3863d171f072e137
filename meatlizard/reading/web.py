"""What there is to read on a page of the web: its text without navigation, scripts and decoration."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from meatlizard.reading.found import Gathered, Read, Unreadable
from meatlizard.reading.plain import decoded

_SILENT: Final = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "nav", "footer", "aside", "form", "button", "select", "dialog", "head"}
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {"p", "div", "section", "article", "main", "header", "ul", "ol", "table", "tr", "blockquote", "figure", "figcaption", "dl", "dt", "dd", "pre", "br", "hr", "details", "summary"}
)  # fmt: skip
_VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
)
_HEADINGS: Final = {f"h{level}": "#" * level + " " for level in range(1, 7)}
LEAST: Final = 250
"""Characters that a page's own main part must have to be taken for the whole of it."""

MOST_NESTED: Final = 500
_META: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_-]{2,40})", re.IGNORECASE)


def read(path: Path, charset: str = "") -> Read:
    """``charset``: as the server named it; what the page itself names comes second. Raises Unreadable."""
    page = _Page()
    page.feed(_text(path.read_bytes(), charset))
    page.close()
    main = page.main.text.strip()
    text, gathered = (main, page.main) if len(main) >= LEAST else (page.whole.text.strip(), page.whole)
    text = re.sub(r"[ \xa0]*\n[ \xa0]*", "\n", re.sub(r"\n{3,}", "\n\n", text))
    if not text:
        raise Unreadable("no_text")
    title = " ".join("".join(page.title).split())[:200]
    return Read("document", "text/html", text=f"{text}\n", cut=gathered.cut, title=title)


def _text(data: bytes, charset: str) -> str:
    named = charset or next((found.decode() for found in _META.findall(data[:2_048])), "")
    try:
        text = data.decode(named, errors="replace") if named else decoded(data)
    except LookupError:
        text = decoded(data)
    return text.replace("\x00", "")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.whole, self.main = Gathered(), Gathered()
        self.title: list[str] = []
        self._open: list[str] = []
        self._silent = self._mains = self._pre = 0
        self._space = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._say("\n")
        elif tag in _HEADINGS:
            self._say(f"\n\n{_HEADINGS[tag]}")
        elif tag == "li":
            self._say("\n- ")
        elif tag in ("td", "th"):
            self._say("\t")
        if tag in _VOID or len(self._open) >= MOST_NESTED:
            return
        self._open.append(tag)
        self._silent += tag in _SILENT
        self._mains += tag in ("main", "article")
        self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            self._silent -= closed in _SILENT
            self._mains -= closed in ("main", "article")
            self._pre -= closed == "pre"
            if closed == tag:
                break
        if tag in _BLOCKS or tag in _HEADINGS:
            self._say("\n\n" if tag in _HEADINGS or tag == "p" else "\n")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title.append(data[:500])
        elif self._pre:
            self._say(data)
        else:
            self._say(re.sub(r"\s+", " ", data))

    def _say(self, piece: str) -> None:
        if self._silent or not piece:
            return
        if self._space and piece == " ":
            return
        self._space = piece[-1] in " \n\t"
        self.whole.add(piece)
        if self._mains:
            self.main.add(piece)
