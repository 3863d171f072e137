"""Which types of content a browser may show, and which it is told for the rest.

The type is the one found from the bytes, never one that an uploader has claimed. What could run as a page, a script or a style is told to be
nothing in particular: with ``nosniff`` no element of a page then takes it for code. Pure.
"""

import re
from typing import Final

ANYTHING: Final = "application/octet-stream"
TEXT: Final = "text/plain; charset=utf-8"

SHOWN: Final = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp",
        "video/mp4", "video/webm", "video/ogg", "video/quicktime",
        "audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm", "audio/flac", "audio/aac", "audio/wav", "audio/x-wav", "audio/vnd.wave",
        "text/plain",
    }
)  # fmt: skip
"""In which nothing can run. SVG is not among them, nor PDF, whose viewer is a program of its own."""

_SHAPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_HARMLESS: Final = re.compile(
    r"(image|audio|video|font)/[^+]*"
    r"|application/(pdf|zip|gzip|epub\+zip|msword|rtf|ogg|x-(7z-compressed|bzip2?|gzip|rar(-compressed)?|tar|xz|zstd|iso9660-image|sqlite3)|vnd\.[^+]*)"
)


def shown(media_type: str) -> bool:
    """Whether it may be shown in the place of being saved."""
    return bare(media_type) in SHOWN


def told(media_type: str) -> str:
    """The Content-Type of an answer."""
    kind = bare(media_type)
    if kind == "text/plain":
        return TEXT
    if _SHAPE.fullmatch(kind) is None or _HARMLESS.fullmatch(kind) is None:
        return ANYTHING
    return kind


def bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
