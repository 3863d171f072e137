"""Files on their way out: what a browser is told they are, under which name, and together in one archive."""

import io
import zipfile
from collections.abc import Sequence

from paste import contents
from paste.contents import BINARY
from paste.models import File

TEXT = "text/plain; charset=utf-8"
UNKNOWN = "application/octet-stream"
SANDBOX = "default-src 'none'; style-src 'none'; sandbox"
"""Content security policy of everything that people have put here."""

_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif",
    b"BM": "image/bmp",
}  # fmt: skip


def media_type(file: File) -> str:
    """By what it begins with: text is plain text, whatever else it would be elsewhere, and pictures are pictures."""
    if file.format != BINARY:
        return TEXT
    try:
        with contents.opened(file) as handle:
            start = handle.read(16)
    except OSError:
        return UNKNOWN
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((media for magic, media in _IMAGES.items() if start.startswith(magic)), UNKNOWN)


def file_name(file: File, otherwise: str) -> str:
    return file.name or otherwise


def archive(files: Sequence[File], otherwise: str) -> bytes:
    """A ZIP of all; names that come twice get a number."""
    packed = io.BytesIO()
    names: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for number, file in enumerate(files, 1):
            name = file_name(file, f"{otherwise}-{number}.txt")
            if name in names or name in (".", ".."):
                name = f"{number}-{name}"
            names.add(name)
            archive.writestr(zipfile.ZipInfo(name, file.created.timetuple()[:6]), contents.read(file))
    return packed.getvalue()
