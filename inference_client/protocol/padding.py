"""Padding to 256-byte steps, inside the seal, so that a frame's size says little about the text it carries.

Layout: length of the content (u16, big-endian), content, zeros up to the next multiple of 256. There is one way only
to pad a content; ``unpad`` refuses every other.
"""

from typing import Final

from inference_client.protocol.errors import ChannelError

STEP: Final = 256
_LENGTH_BYTES: Final = 2
MAX_PADDED: Final = 255 * STEP
MAX_CONTENT: Final = MAX_PADDED - _LENGTH_BYTES
"""Bytes of content that fit in one frame: 65 278."""

_ZEROS: Final = bytes(STEP)


def pad(content: bytes) -> bytes:
    """``content`` with its length in front and zeros behind. Raises ValueError above ``MAX_CONTENT``."""
    size = len(content)
    if size > MAX_CONTENT:
        raise ValueError(f"{size} bytes do not fit in one frame")
    return size.to_bytes(2, "big") + content + _ZEROS[: -(size + 2) % 256]


def unpad(padded: bytes) -> bytes:
    """The content. Raises ChannelError ``bad_frame`` unless ``padded`` is exactly what ``pad`` makes of it."""
    end = int.from_bytes(padded[:2], "big") + 2
    rest = padded[end:]
    if not padded or len(padded) != end + -end % 256 or rest != _ZEROS[: len(rest)]:
        raise ChannelError("bad_frame", "the padding is not canonical")
    return padded[2:end]
