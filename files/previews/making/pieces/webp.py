"""WebP (RFC 9649): the chunks of the picture, its animation and its colours."""

import struct
from collections.abc import Iterator
from typing import Final

from files.previews.making.pieces import upright

_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM"})
_WITHIN: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
_FRAME: Final = 16
"""Bytes of a frame's own before its chunks."""


def bare(data: bytes) -> bytes:
    if data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    (size,) = struct.unpack_from("<I", data, 4)
    found = list(_chunks(data[12 : 8 + size]))
    noted = next((body for name, body in found if name == b"EXIF"), b"")
    orientation = upright.of(noted.removeprefix(b"Exif\x00\x00")) if noted else 1
    kept = []
    for name, body in found:
        if name == b"VP8X":
            flags = body[0] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if orientation != 1 else 0)
            kept.append(_chunk(name, bytes((flags,)) + body[1:10]))
        elif name == b"ANMF":
            inside = b"".join(_chunk(*one) for one in _chunks(body[_FRAME:]) if one[0] in _WITHIN)
            kept.append(_chunk(name, body[:_FRAME] + inside))
        elif name in _KEPT:
            kept.append(_chunk(name, body))
    if orientation != 1:
        kept.append(_chunk(b"EXIF", upright.note(orientation)))
    whole = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > len(data):
            raise ValueError("a chunk is cut off")
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)
