"""What a content is, told from its bytes. Never from a name or from what the sender says it is."""

import re

import puremagic

from files.blobs import packed_types

START = 65_536
"""Bytes that are looked at."""

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"%PDF-", "application/pdf"), (b"\x1f\x8b", "application/gzip"),
    (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"), (b"BZh", "application/x-bzip2"), (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"{\\rtf", "application/rtf"), (b"IIRO", "image/x-olympus-orf"), (b"IIRS", "image/x-olympus-orf"), (b"MMOR", "image/x-olympus-orf"),
)  # fmt: skip
"""What decides at once, and is met daily."""

_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif", b"mif1": "image/heif", b"msf1": "image/heif", b"crx ": "image/x-canon-cr3",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic"),
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime",
}  # fmt: skip
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_SVG = re.compile(rb"<svg[\s>/]", re.IGNORECASE)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|title|table|a|div|p|br|h1|img|style|b)[\s>/]", re.IGNORECASE
)
_MARKED = re.compile(rb"\s*(?:<\?xml|<!--|<!doctype|<[a-z])", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ENCODED = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def found(start: bytes) -> str:
    """Its media type, lower case and without parameters."""
    start = start[:START]
    if not start:
        return "application/x-empty"
    for sign, media in _SIGNS:
        if start.startswith(sign):
            return media
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return packed_types.found(start)
    if start[:4] == b"RIFF" and start[8:12] in _RIFF:
        return _RIFF[start[8:12]]
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "video/mp4")
    if (text := _as_text(start)) is not None:
        return _kind_of_text(text)
    media = _by_library(start)
    if media == UNKNOWN and not _CONTROLS.search(start):
        # Text in one of the encodings of before.
        return _kind_of_text(start)
    return media


def _as_text(start: bytes) -> bytes | None:
    """As UTF-8, or None for what is none. The end may be in the middle of a letter."""
    for mark, encoding in _ENCODED:
        if start.startswith(mark):
            return start.decode(encoding, errors="replace").encode()
    if b"\x00" in start:
        return None
    for cut in range(4):
        try:
            start[: len(start) - cut].decode()
        except UnicodeDecodeError:
            continue
        return start
    return None


def _kind_of_text(text: bytes) -> str:
    if _SVG.search(text) and _MARKED.match(text.removeprefix(b"\xef\xbb\xbf")):
        return "image/svg+xml"
    if _HTML.search(text) and _MARKED.match(text.removeprefix(b"\xef\xbb\xbf")):
        return "text/html"
    if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "application/xml"
    return TEXT


def _by_library(start: bytes) -> str:
    try:
        matches = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return next((one.mime_type.lower() for one in matches if one.mime_type), UNKNOWN)[:100]
