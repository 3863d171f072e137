"""What a file is, from its bytes alone: neither its name nor what its sender says of it counts."""

import re
from typing import Final, Literal

Kind = Literal["image", "heif", "pdf", "zip", "old_office", "rtf", "text"]

HEAD: Final = 4096
"""Bytes from the beginning that are looked at."""

_HEIF: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"miaf"}
)

_OTHERS: Final = (
    (rb"\x1f\x8b|BZh|\xfd7zXZ\x00|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x28\xb5\x2f\xfd", "archive"),
    (rb".{257}ustar", "archive"),
    (rb"ID3|OggS|fLaC|\xff[\xf2\xf3\xfb]|RIFF....WAVE|.{4}ftypM4A", "recording"),
    (rb".{4}ftyp|\x1aE\xdf\xa3|RIFF....AVI |\x00\x00\x01[\xb0-\xbf]", "video"),
    (rb"\x7fELF|MZ|\xca\xfe\xba\xbe|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\x00asm", "program"),
    (rb"SQLite format 3\x00|GGUF", "database"),
    (rb"BM.{4}\x00\x00\x00\x00|II\*\x00|MM\x00\*|8BPS|\x00\x00\x01\x00", "picture"),
)
"""Kinds that are refused by name. Where bytes could also begin a text, what follows decides (see :func:`of`)."""


def of(head: bytes) -> Kind:
    """Of a file that begins with ``head``. What is nothing else may be a text; whether it is one, reading it shows."""
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")):
        return "image"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "heif"
    # Readers of PDF allow a kilobyte of anything before it.
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "old_office"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    return "text"


def name_of_other(head: bytes) -> str:
    """What a file that is no text seems to be, for the words of its refusal: empty when that is not known."""
    for pattern, name in _OTHERS:
        if re.match(pattern, head, re.DOTALL):
            return name
    return ""
