"""Small pictures, with cards in them and without, sound and broken."""

import base64
import io
import json
import struct
import zlib
from typing import Any

from PIL import Image

from chat.personas.cards import png


def picture(width: int = 60, height: int = 80, kind: str = "PNG", mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 128 if mode == "L" else "teal").save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def packed(card: Any) -> bytes:
    return base64.b64encode(json.dumps(card).encode())


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), kind) + content + zlib.crc32(kind + content).to_bytes(4, "big")


def with_chunks(*added: tuple[bytes, bytes], before: bytes = b"IEND", base: bytes = b"") -> bytes:
    """A picture with chunks put in before its first chunk of the kind ``before``."""
    parts, done = [], False
    for kind, content in png.chunks(base or picture()):
        if kind == before and not done:
            parts += [chunk(*one) for one in added]
            done = True
        parts.append(chunk(kind, content))
    return png.SIGNATURE + b"".join(parts)


def card_png(card: Any, keyword: bytes = b"chara") -> bytes:
    return with_chunks((b"tEXt", keyword + b"\0" + packed(card)))
