"""Answers that follow from their question, so that whoever answers, and however often it is begun, one text is right."""

import random
from collections.abc import Iterator

ALPHABET = "abcdefgh ijklmn opqrst uvwxyz,.\n éßñ 蜥蜴 🦎 e\u0301 👩\u200d🔬 "
"""Characters of one to four bytes, combining and joined ones: offsets that count anything but code points go wrong."""


def answer_to(question: str, shortest: int = 40, longest: int = 400) -> str:
    """``shortest`` to ``longest`` code points."""
    draw = random.Random(question)
    return "".join(draw.choices(ALPHABET, k=draw.randint(shortest, longest)))


def pieces(text: str, draw: random.Random, parts: int = 6) -> Iterator[str]:
    """Cuts ``text`` at places of chance into about ``parts`` pieces. No two writers cut alike: doubled text overlaps and is found."""
    size = max(1, 2 * len(text) // parts)
    while text:
        end = draw.randint(1, size)
        yield text[:end]
        text = text[end:]
