"""Which kind of ZIP file it is: documents are told by the names of their first parts. Pure."""

import re
from typing import Final

ZIP: Final = "application/zip"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_PARTS: Final = (
    (b"word/", f"{_OFFICE}.wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}.presentationml.presentation"),
)
_SAID: Final = re.compile(rb"application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip)")
_HEADER: Final = 30
"""Bytes before the name in the header of each part: APPNOTE.TXT, 4.3.7."""


def found(start: bytes) -> str:
    """Of a file that begins with ``start``, which begins with ``PK``."""
    names = _names(start)
    if names[:1] == [b"mimetype"]:
        # OpenDocument and EPUB say it in their first part, which is not packed.
        said = _SAID.match(start, _HEADER + len(b"mimetype"))
        return said[0].decode() if said else ZIP
    if b"[Content_Types].xml" in names:
        return next((media for part, media in _PARTS if any(name.startswith(part) for name in names)), ZIP)
    return ZIP


def _names(start: bytes) -> list[bytes]:
    return [
        start[at + _HEADER : at + _HEADER + int.from_bytes(start[at + 26 : at + 28], "little")]
        for at in (match.start() for match in re.finditer(rb"PK\x03\x04", start))
    ]
