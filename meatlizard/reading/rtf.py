"""The text of RTF files: control words read as far as they make text."""

import re
from pathlib import Path
from typing import Final

from meatlizard.reading.found import Gathered, Read, Unreadable

_TOKEN: Final = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.IGNORECASE
)
_APART: Final = frozenset(
    {
        "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "headerl", "headerr", "footerl",
        "footerr", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "datastore", "xmlnstbl", "fldinst",
    }
)  # fmt: skip
"""Groups that are no text of the document."""

_SIGNS: Final = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t", "emdash": "\u2014",
    "endash": "\u2013", "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d",
}  # fmt: skip
MOST_NESTED: Final = 2_000


def read(path: Path) -> Read:
    text = Gathered()
    # Bytes above ASCII are written as escapes, in the code page that stands at the beginning.
    source = path.read_bytes().decode("latin-1")
    page = re.search(r"\\ansicpg(\d{3,5})", source[:2_000])
    encoding = f"cp{page[1]}" if page else "cp1252"
    for piece in _pieces(source, encoding):
        text.add(piece)
        if text.full:
            break
    if not text.text.strip():
        raise Unreadable("no_text")
    return Read("document", "application/rtf", text=text.text.strip() + "\n", cut=text.cut)


def _pieces(source: str, encoding: str) -> "list[str]":
    found: list[str] = []
    silent, skip, fallback = [False], 0, [1]
    for token in _TOKEN.finditer(source):
        word, number, byte, sign, brace, plain = token.groups()
        if brace == "{":
            if len(silent) > MOST_NESTED:
                raise Unreadable("office_unreadable")
            silent.append(silent[-1])
            fallback.append(fallback[-1])
        elif brace == "}":
            if len(silent) > 1:
                silent.pop()
                fallback.pop()
        elif word:
            skip = 0 if word != "u" else skip
            if word in _APART:
                silent[-1] = True
            elif word == "uc":
                fallback[-1] = min(10, max(0, int(number or 1)))
            elif word == "u" and number and not silent[-1]:
                found.append(_character(int(number)))
                skip = fallback[-1]
            elif word in _SIGNS and not silent[-1]:
                found.append(_SIGNS[word])
        elif byte:
            if skip:
                skip -= 1
            elif not silent[-1]:
                found.append(_byte(byte, encoding))
        elif sign == "*":
            silent[-1] = True
        elif sign and not silent[-1]:
            found.append({"~": "\u00a0", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(sign, sign))
        elif plain and not silent[-1]:
            found.append(plain[skip:])
            skip = 0
    return found


def _character(number: int) -> str:
    number %= 65_536
    return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)


def _byte(hexadecimal: str, encoding: str) -> str:
    try:
        return bytes.fromhex(hexadecimal).decode(encoding, errors="replace")
    except LookupError:
        return bytes.fromhex(hexadecimal).decode("latin-1")
