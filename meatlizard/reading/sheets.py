"""The cells of Excel files, as lines with tabs. Formulas stand there as the values they had when the file was saved."""

import datetime
import re
from collections.abc import Iterator
from typing import Any, Final

from meatlizard.reading.names import local, relations
from meatlizard.reading.packed import Pack

MOST_SHEETS: Final = 100
MOST_COLUMNS: Final = 500
MOST_STRINGS: Final = 5_000_000
"""Characters of the table of shared texts that are kept."""

_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)})
"""Built-in numbers of formats that show dates and times, ECMA-376 part 1, 18.8.30."""

_NOT_CODE: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DATE_CODE: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_COLUMN: Final = re.compile(r"([A-Z]{1,3})\d+$")


def read(pack: Pack) -> Iterator[str]:
    targets = relations(pack, "xl/workbook.xml")
    sheets, since = [], datetime.datetime(1899, 12, 30)
    for _, element in pack.elements("xl/workbook.xml"):
        if local(element) == "sheet":
            key = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            sheets.append((element.get("name", ""), targets.get(key, "")))
        elif local(element) == "workbookPr" and element.get("date1904") in ("1", "true"):
            since = datetime.datetime(1904, 1, 1)
    strings, dates = _strings(pack), _date_styles(pack)
    for name, part in sheets[:MOST_SHEETS]:
        yield f"[sheet {name}]\n"
        yield from _rows(pack, part, strings, dates, since)
        yield "\n"


def _strings(pack: Pack) -> list[str]:
    found: list[str] = []
    pieces: list[str] = []
    size = 0
    before = 0
    for event, element in pack.elements("xl/sharedStrings.xml", ends_only=False):
        tag = local(element)
        if tag == "rPh":
            # How it is pronounced: not part of the text.
            before = len(pieces) if event == "start" else before
            del pieces[before:]
        elif event == "start":
            continue
        elif tag == "t":
            pieces.append(element.text or "")
        elif tag == "si":
            text = "".join(pieces) if size < MOST_STRINGS else ""
            size += len(text)
            found.append(text)
            pieces.clear()
            element.clear()
    return found


def _date_styles(pack: Pack) -> frozenset[int]:
    """Numbers of the cell styles that show a date or a time."""
    own: dict[str, str] = {}
    dates: set[int] = set()
    number = 0
    within = False
    for event, element in pack.elements("xl/styles.xml", ends_only=False):
        tag = local(element)
        if tag == "cellXfs":
            within = event == "start"
        elif event == "end":
            continue
        elif tag == "numFmt":
            own[element.get("numFmtId", "")] = element.get("formatCode", "")
        elif tag == "xf" and within:
            used = element.get("numFmtId", "")
            code = _NOT_CODE.sub("", own.get(used, ""))
            if (used.isdecimal() and int(used) in _DATE_FORMATS) or _DATE_CODE.search(code):
                dates.add(number)
            number += 1
    return frozenset(dates)


def _rows(pack: Pack, part: str, strings: list[str], dates: frozenset[int], since: datetime.datetime) -> Iterator[str]:
    cells: dict[int, str] = {}
    value, pieces = "", []
    for _, element in pack.elements(part):
        tag = local(element)
        if tag == "v":
            value = element.text or ""
        elif tag == "t":
            pieces.append(element.text or "")
        elif tag == "c":
            column = _column(element, len(cells))
            if column < MOST_COLUMNS:
                cells[column] = _shown(element, value, "".join(pieces), strings, dates, since)
            value, pieces = "", []
        elif tag == "row":
            if any(cells.values()):
                last = max(cells)
                yield "\t".join(cells.get(number, "") for number in range(last + 1)).rstrip() + "\n"
            cells = {}
            element.clear()


def _column(cell: Any, otherwise: int) -> int:
    found = _COLUMN.match(cell.get("r", ""))
    if not found:
        return otherwise
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _shown(
    cell: Any, value: str, inline: str, strings: list[str], dates: frozenset[int], since: datetime.datetime
) -> str:
    kind, style = cell.get("t", "n"), cell.get("s", "")
    if kind == "s":
        number = int(value) if value.isdecimal() else -1
        text = strings[number] if 0 <= number < len(strings) else ""
    elif kind == "inlineStr":
        text = inline
    elif kind == "b":
        text = "TRUE" if value == "1" else "FALSE"
    elif kind == "n" and style.isdecimal() and int(style) in dates:
        text = _date(value, since)
    else:
        text = value
    return text.replace("\t", " ").replace("\n", " ")


def _date(value: str, since: datetime.datetime) -> str:
    try:
        moment = since + datetime.timedelta(days=float(value))
    except (ValueError, OverflowError):
        return value
    if float(value) < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if float(value).is_integer() else f"{moment:%Y-%m-%d %H:%M:%S}"
