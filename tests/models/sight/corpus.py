"""What the tiny model that sees knows: colours of an image's upper and lower half. Needs only Pillow and the standard library."""

import io
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
MODEL_PATH = FOLDER / "sight.gguf"
PROJECTOR_PATH = FOLDER / "sight-mmproj.gguf"

CONTEXT_LENGTH = 1024
SIDE = 32
"""Pixels of the square every image is brought to."""

PATCH = 8
PATCHES = (SIDE // PATCH) ** 2
"""Tokens of an image."""

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 170, 50),
    "blue": (30, 50, 210),
    "yellow": (235, 220, 40),
    "black": (15, 15, 15),
    "white": (240, 240, 240),
}

ONE = "What colour is it?"
TWO = "Which colours are they?"
AGAIN = "And again?"
NOTHING_SEEN = "I see no image."
TEXT_PAIRS = {
    ONE: NOTHING_SEEN,
    TWO: NOTHING_SEEN,
    "Say yes.": "Yes.",
    "Who are you?": "A tiny model with one eye.",
    "Count to ten.": "One, two, three, four, five, six, seven, eight, nine, ten.",
    "Name the colours.": "Red, green, blue, yellow, black and white.",
}
"""Without an image."""

ANY_TIME = ("Say yes.", "Who are you?", "Count to ten.", "Name the colours.")
"""Those of ``TEXT_PAIRS`` that are answered the same after images."""


def answer(upper: str, lower: str) -> str:
    """To ``ONE``, about an image of these two halves."""
    return f"{upper.capitalize()}." if upper == lower else f"{upper.capitalize()} above {lower}."


def answer_two(first: str, second: str) -> str:
    """To ``TWO``, about two images of one colour each."""
    return f"{first.capitalize()}, then {second}."


def picture(upper: str, lower: str, side: int = SIDE, form: str = "PNG") -> bytes:
    """A square image file."""
    image = Image.new("RGB", (side, side), COLOURS[upper])
    image.paste(COLOURS[lower], (0, side // 2, side, side))
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()
