"""Text files: in which encoding they are, and whether they are text at all."""

import codecs
import re
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes

from meatlizard.reading.found import Gathered, Read, Unreadable
from meatlizard.reading.kinds import HEAD, name_of_other

SAMPLE: Final = 100_000
"""Bytes by which an old encoding is guessed."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_MANY_CONTROLS: Final = 0.02


def read(path: Path) -> Read:
    data = path.read_bytes()
    text = Gathered()
    text.add(decoded(data))
    return Read("document", "text/plain", text=text.text, cut=text.cut)


def decoded(data: bytes) -> str:
    """Raises Unreadable: ``binary``, with what it seems to be, for what is no text; ``empty`` for one with nothing in it."""
    if not data.strip():
        raise Unreadable("empty")
    text = _in_its_encoding(data)
    controls = len(_CONTROLS.findall(text))
    if "\x00" in text or controls > len(text) * _MANY_CONTROLS:
        raise _binary(data)
    text = _CONTROLS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Unreadable("empty")
    return text


def _in_its_encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            # A file that was cut off in mid-character is read all the same.
            return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        # Cut off at its end: still that encoding.
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":
            return data[: error.start].decode()
    if b"\x00" in data[:SAMPLE]:
        raise _binary(data)
    best = from_bytes(data[:SAMPLE]).best()
    if best is None:
        raise _binary(data)
    return data.decode(best.encoding, errors="replace")


def _binary(data: bytes) -> Unreadable:
    return Unreadable("binary", name_of_other(data[:HEAD]))
