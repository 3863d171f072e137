"""Images among the tokens of a prompt.

In a prompt's list of tokens an image takes as many places as it takes cells of the model's memory. They are filled with
negative numbers made of the image's SHA-256, so that comparing lists of tokens, as the prefix cache does, also compares images:
the same image is found again, another one differs from its first place on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from inference_client.protocol.vocabulary import Image

BREAK: Final = "\ufdd0"
"""A code point that is no character and so stands in no honest text. It marks where a token must not be recognised."""

IMAGE: Final = "\ufdd1"
"""No character either. With a SHA-256 after it, alone between two breaks, it stands for that image."""

LOOKING_SECONDS: Final = 600.0
"""Longer than any image takes on the slowest machine; what takes longer hangs."""

_NUMBERS: Final = 2**29


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an image that is looked at in one go. It takes ``cells`` places and moves the text after it on by
    ``positions``, which is less for models that count an image's rows and columns apart."""

    number: int
    cells: int
    positions: int


Look = tuple[tuple[int, ...] | Piece, ...]
"""What an image becomes for one model: pieces, and tokens around them."""


def marks(images: Sequence[Image]) -> str:
    """To be put before a message's text."""
    return "".join(f"{BREAK}{IMAGE}{image.blob}{BREAK}" for image in images)


def marked(text: str) -> str | None:
    """The SHA-256 that ``text`` between two breaks stands for; None if it is text."""
    return text[1:] if text.startswith(IMAGE) else None


def tokens(blob: str, look: Look) -> list[int]:
    """Of a whole image."""
    found: list[int] = []
    for part in look:
        found += places(blob, part) if isinstance(part, Piece) else part
    return found


def places(blob: str, piece: Piece) -> list[int]:
    """Negative numbers, of 32 bits as tokens are; the first one is odd, the others even."""
    seed = sha256(f"{blob} {piece.number}".encode()).digest()
    start, step = int.from_bytes(seed[:4]) % _NUMBERS, int.from_bytes(seed[4:8]) % _NUMBERS | 1
    return [-(1 + 2 * ((start + step * index) % _NUMBERS) + (index > 0)) for index in range(piece.cells)]


def whole(tokens: Sequence[int], count: int) -> int:
    """The greatest number up to ``count`` of first tokens that cuts no image."""
    while 0 < count < len(tokens) and tokens[count] < 0 and tokens[count] % 2 == 0:
        count -= 1
    return count


def text_length(tokens: Sequence[int], start: int, most: int) -> int:
    """How many tokens from ``start`` on are text, at most ``most``."""
    for index in range(start, min(start + most, len(tokens))):
        if tokens[index] < 0:
            return index - start
    return max(0, min(most, len(tokens) - start))
