"""The text chunks of PNG and APNG files: read within limits, and written. Pure; chapter 11.3 of the PNG specification.

A card lies in a chunk ``ccv3`` (version 3) or ``chara`` (version 2) as base64 of JSON.
"""

import struct
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from chat.personas.cards.reading import MAX_JSON, damaged
from meatlizard.errors import Invalid

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA")
"""What a still picture is made of; everything else is about it, or more pictures."""

MAX_CHUNKS = 50_000
MAX_TEXT = MAX_JSON * 4 // 3 + 1_000
"""Bytes of one text: base64 takes four for three."""

Chunk = tuple[bytes, bytes]


def is_png(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def chunks(data: bytes) -> Iterator[Chunk]:
    """(type, content) of each, to IEND. Raises Invalid where the file is cut off or a sum is wrong."""
    at = len(SIGNATURE)
    for _number in range(MAX_CHUNKS):
        head = data[at : at + 8]
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head)
        content = data[at + 8 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if len(content) < length or len(check) < 4:
            break
        if zlib.crc32(kind + content) != int.from_bytes(check, "big"):
            raise damaged(_("This picture is damaged: a part of it does not fit its checksum."))
        yield kind, content
        if kind == b"IEND":
            return
        at += 12 + length
    raise damaged(_("This picture is cut off."))


def texts(data: bytes, wanted: frozenset[str]) -> dict[str, str]:
    """The texts under the keywords ``wanted``, given in small letters; of several under one, the first."""
    found: dict[str, str] = {}
    for kind, content in chunks(data):
        if kind in TEXTS:
            keyword, zero, rest = content.partition(b"\0")
            name = keyword.decode("latin-1").lower()
            if name in wanted and name not in found:
                if not zero:
                    raise damaged()
                found[name] = _text(kind, rest)
    return found


def _text(kind: bytes, rest: bytes) -> str:
    try:
        if kind == b"tEXt":
            return rest.decode("latin-1")
        if kind == b"zTXt":
            if rest[:1] != b"\0":
                raise damaged()
            return _inflated(rest[1:]).decode("latin-1")
        flag, method = rest[0], rest[1]
        _language, _translated, text = rest[2:].split(b"\0", 2)
        if flag not in (0, 1) or (flag and method):
            raise damaged()
        return (_inflated(text) if flag else text).decode()
    except (ValueError, IndexError, zlib.error):
        raise damaged() from None


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, MAX_TEXT)
    if inflater.unconsumed_tail:
        raise Invalid(
            _("The card in this picture is larger than it looks: unpacked it is too much."), code="card_too_large"
        )
    if not inflater.eof:
        raise damaged()
    return text


def joined(parts: Iterator[Chunk]) -> bytes:
    written = [SIGNATURE]
    for kind, content in parts:
        check = zlib.crc32(kind + content)
        written += [struct.pack(">I4s", len(content), kind), content, check.to_bytes(4, "big")]
    return b"".join(written)


def bare(data: bytes) -> bytes:
    """The picture alone: without texts, profiles, moments and what else stands about it, and without further frames."""
    return joined((kind, content) for kind, content in chunks(data) if kind in PICTURE)


def with_texts(data: bytes, added: dict[str, str]) -> bytes:
    """The picture with ``added`` as tEXt chunks, ASCII by keyword, before its end."""

    def parts() -> Iterator[Chunk]:
        for kind, content in chunks(data):
            if kind == b"IEND":
                for name, text in added.items():
                    yield b"tEXt", name.encode("latin-1") + b"\0" + text.encode("ascii")
            yield kind, content

    return joined(parts())
