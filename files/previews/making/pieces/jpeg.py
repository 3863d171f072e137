"""JPEG (ITU T.81): its segments up to the end of the first image. What follows that end are other images, which have notes of their own."""

import struct
from collections.abc import Iterator
from typing import Final

from files.previews.making.pieces import upright

_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_EXIF: Final = b"Exif\x00\x00"


def bare(data: bytes) -> bytes:
    kept, orientation, profile = [], 1, []
    for marker, body in _segments(data):
        if marker == _APP1 and body.startswith(_EXIF):
            orientation = upright.of(body[len(_EXIF) :])
        elif marker == _APP2 and body.startswith(b"ICC_PROFILE\x00"):
            profile.append(_segment(marker, body))
        elif marker == _APP0 and body.startswith(b"JFIF\x00"):
            # Its own small picture goes.
            kept.append(_segment(marker, body[:12] + b"\x00\x00"))
        elif marker == _APP14 and body.startswith(b"Adobe"):
            # How its colours are written; decoders need it.
            kept.append(_segment(marker, body[:12]))
        elif not (_APP0 <= marker <= _APP15 or marker == _COM):
            kept.append(_segment(marker, body) if marker != _SOS else body)
    noted = [_segment(_APP1, _EXIF + upright.note(orientation))] if orientation != 1 else []
    jfif = [piece for piece in kept if piece[1] == _APP0]
    rest = [piece for piece in kept if piece[1] != _APP0]
    return b"".join([b"\xff\xd8", *jfif, *noted, *profile, *rest, b"\xff\xd9"])


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (struct.pack(">H", len(body) + 2) + body if marker not in _ALONE else b"")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body; of a scan the body is all of it, from its marker to the next one."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a marker is missing")
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == _EOI:
            return
        if marker in _ALONE:
            continue
        if marker in (0x00, _SOI):
            raise ValueError("a marker that may not stand here")
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2 or at + length > len(data):
            raise ValueError("a segment is cut off")
        if marker != _SOS:
            yield marker, data[at + 2 : at + length]
            at += length
            continue
        end = _end_of_scan(data, at + length)
        yield marker, bytes((0xFF, _SOS)) + data[at:end]
        if end == len(data):
            # Cut off: shown as far as it goes.
            return
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] == 0x00 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at
