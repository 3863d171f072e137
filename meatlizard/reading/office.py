"""Office documents: the text of Word, Excel and PowerPoint files (ECMA-376) and of OpenDocument (ISO 26300)."""

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from meatlizard.reading import sheets
from meatlizard.reading.found import Gathered, Read, Unreadable
from meatlizard.reading.names import local, relations
from meatlizard.reading.packed import Pack, opened

_OPEN: Final = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_MEDIA: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
MOST_REPEATED: Final = 100
"""Times that a cell of OpenDocument is written out; one may stand for a million."""


def read(path: Path) -> Read:
    """Raises Unreadable, ``archive`` for a ZIP file that is no document."""
    with opened(path) as pack:
        kind = _kind(pack)
        text = Gathered()
        for piece in _READERS[kind](pack):
            text.add(piece)
            if text.full:
                break
    if not text.text.strip():
        raise Unreadable("no_text")
    return Read("document", _MEDIA[kind], text=text.text.strip() + "\n", cut=text.cut)


def _kind(pack: Pack) -> str:
    if "word/document.xml" in pack.names:
        return "docx"
    if "xl/workbook.xml" in pack.names:
        return "xlsx"
    if "ppt/presentation.xml" in pack.names:
        return "pptx"
    told = pack.bytes_of("mimetype", 100).strip()
    if told in _OPEN and "content.xml" in pack.names:
        # Whether it is locked stands in a list of its own; the parts then look like noise.
        if b"manifest:encryption-data" in pack.bytes_of("META-INF/manifest.xml", 1_000_000):
            raise Unreadable("encrypted")
        return _OPEN[told]
    raise Unreadable("other_document" if told or "[Content_Types].xml" in pack.names else "archive")


def _docx(pack: Pack) -> Iterator[str]:
    for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        yield from _paragraphs(pack, name)


def _paragraphs(pack: Pack, name: str) -> Iterator[str]:
    """Of Word: cells of a table are set apart by tabs, headings marked."""
    line: list[str] = []
    mark, within_cell = "", 0
    for event, element in pack.elements(name, ends_only=False):
        tag = local(element)
        if event == "start":
            within_cell += tag == "tc"
            continue
        if tag == "t":
            line.append(element.text or "")
        elif tag == "tab":
            line.append("\t")
        elif tag in ("br", "cr"):
            line.append("\n")
        elif tag == "pStyle":
            mark = _heading(next(iter(element.attrib.values()), ""))
        elif tag == "p":
            if within_cell:
                line.append(" ")
            else:
                yield f"{mark}{''.join(line)}\n"
                line = []
            mark = ""
            element.clear()
        elif tag == "tc":
            within_cell -= 1
            if line and line[-1] == " ":
                line.pop()
            line.append("\t")
        elif tag == "tr":
            yield "".join(line).rstrip() + "\n"
            line = []
            element.clear()
        elif tag == "tbl":
            element.clear()
    yield "".join(line)


def _heading(style: str) -> str:
    level = style.removeprefix("Heading") if style.startswith("Heading") else ""
    return f"{'#' * min(6, int(level))} " if level.isdecimal() and level != "0" else ""


def _pptx(pack: Pack) -> Iterator[str]:
    targets = relations(pack, "ppt/presentation.xml")
    slides = []
    for _, element in pack.elements("ppt/presentation.xml"):
        if local(element) == "sldId":
            slides += [
                targets[value] for key, value in element.attrib.items() if key.endswith("}id") and value in targets
            ]
    for number, slide in enumerate(slides, 1):
        yield f"[slide {number}]\n"
        yield from _drawn(pack, slide)
        for target in relations(pack, slide).values():
            if posixpath.basename(target).startswith("notesSlide"):
                yield "[notes]\n"
                yield from _drawn(pack, target)
        yield "\n"


def _drawn(pack: Pack, name: str) -> Iterator[str]:
    line: list[str] = []
    for _, element in pack.elements(name):
        tag = local(element)
        if tag == "t":
            line.append(element.text or "")
        elif tag == "br":
            line.append("\n")
        elif tag == "p":
            if any(line):
                yield "".join(line) + "\n"
            line = []
            element.clear()


def _open_document(pack: Pack) -> Iterator[str]:
    """Paragraphs and headings in their order; cells set apart by tabs, tables and slides by their names."""
    line: list[str] = []
    cells, page = 0, 0
    for event, element in pack.elements("content.xml", ends_only=False):
        tag = local(element)
        if event == "start":
            if tag == "table-cell":
                cells += 1
            elif tag == "page":
                page += 1
                yield f"[slide {page}]\n"
            elif tag == "table":
                name = next((value for key, value in element.attrib.items() if key.endswith("}name")), "")
                yield f"[table {name}]\n" if name else ""
            continue
        if tag in ("p", "h"):
            words = "".join(_words(element))
            if cells:
                line.append(words + " ")
            else:
                yield f"{'# ' if tag == 'h' else ''}{words}\n"
            element.clear()
        elif tag in ("table-cell", "covered-table-cell"):
            cells -= tag == "table-cell"
            repeated = next((value for key, value in element.attrib.items() if key.endswith("columns-repeated")), "1")
            line = _repeat(line, repeated)
            element.clear()
        elif tag == "table-row":
            yield ("".join(line).rstrip() + "\n") if any(piece.strip() for piece in line) else ""
            line = []
            element.clear()


def _repeat(line: list[str], times: str) -> list[str]:
    """``line`` with its last cell closed, as often as the cell is to stand there."""
    last = len(line) - line[::-1].index("\t") if "\t" in line else 0
    cell = "".join(line[last:]).rstrip()
    count = min(MOST_REPEATED, int(times)) if times.isdecimal() else 1
    return line[:last] + [cell, "\t"] * max(1, count)


def _words(element: Any) -> Iterator[str]:
    """The text of a paragraph, with its tabs, blanks and line breaks."""
    yield element.text or ""
    for child in element:
        tag = local(child)
        if tag == "tab":
            yield "\t"
        elif tag == "line-break":
            yield "\n"
        elif tag == "s":
            count = next((value for key, value in child.attrib.items() if key.endswith("}c")), "1")
            yield " " * (min(200, int(count)) if count.isdecimal() else 1)
        elif tag != "note":
            yield from _words(child)
        yield child.tail or ""


_READERS: Final[dict[str, Callable[[Pack], Iterator[str]]]] = {
    "docx": _docx,
    "xlsx": sheets.read,
    "pptx": _pptx,
    "odt": _open_document,
    "ods": _open_document,
    "odp": _open_document,
}
