"""Vectors without a model: texts that share words, or words declared to mean the same, are near each other, and all others are not.

The same text has the same vector in every process. Strict: it takes from 1 to 100 texts, as embedders do, and nothing but texts that can
be stored. ``asked`` holds what it was given; ``available`` switched off, it says so as an embedder without a machine does.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from meatlizard.vectors.vector import Vector

_WORD = re.compile(r"\w+")
DIMENSIONS, BATCH = 384, 100


class FakeEmbedder:
    """``same``: words, and the word that each of them means."""

    def __init__(self, same: Mapping[str, str] | None = None) -> None:
        self.same = dict(same or {})
        self.asked: list[str] = []
        self.available = True

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        from meatlizard.vectors.embedding import Unavailable

        if not self.available:
            raise Unavailable
        assert 1 <= len(texts) <= BATCH, "embedders take from 1 to 100 texts at once"
        for text in texts:
            assert isinstance(text, str)
            assert text, "embedders are given no empty text"
            text.encode()
        self.asked += texts
        return [self.numbers(text) for text in texts]

    def numbers(self, text: str) -> tuple[float, ...]:
        words = [word.lower() for word in _WORD.findall(text)] or [""]
        parts = [_direction(self.same.get(word, word)) for word in words]
        return tuple(map(sum, zip(*parts, strict=True)))

    def vector(self, text: str) -> "Vector":
        from meatlizard.vectors.vector import MODEL, Vector

        return Vector.of(MODEL, self.numbers(text))


@lru_cache(maxsize=10_000)
def _direction(word: str) -> tuple[float, ...]:
    # Seeded with a text, which means the same numbers in every process.
    chance = random.Random(word)
    return tuple(chance.gauss(0, 1) for _ in range(DIMENSIONS))


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEmbedder]:
    """The only embedder there is while a test runs; nothing is remembered of others' questions."""
    from meatlizard.vectors import embedding

    fake = FakeEmbedder()
    monkeypatch.setattr(embedding, "_embedders", {})
    embedding.register("fake", fake)
    embedding.forget_queries()
    yield fake
    embedding.forget_queries()
