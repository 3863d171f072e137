"""PNG (third edition): the chunks that make the picture, its animation and its colours. Texts, times, Exif and all that is not known go,
and so does what follows the end."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from files.previews.making.pieces import upright

_START: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip


def bare(data: bytes) -> bytes:
    found = list(_chunks(data))
    noted = next((body for name, body in found if name == b"eXIf"), b"")
    orientation = upright.of(noted) if noted else 1
    kept = [_START]
    for name, body in found:
        if name not in _KEPT:
            continue
        kept.append(_chunk(name, body))
        if name == b"IHDR" and orientation != 1:
            kept.append(_chunk(b"eXIf", upright.note(orientation)))
    return b"".join(kept)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_START)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            raise ValueError("a chunk is cut off")
        yield name, data[at + 8 : at + 8 + length]
        if name == b"IEND":
            return
        at += 12 + length
    raise ValueError("the end is missing")
