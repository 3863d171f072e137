"""How remembered messages are found for a question: by meaning and by words, or by words alone where the question has no vector."""

from collections.abc import Collection
from typing import Protocol

from meatlizard.vectors import hybrid
from meatlizard.vectors.vector import Vector

DEPTH = 3
"""How many times as many each of the two ways is asked for: what both find late may come first together."""


class Index(Protocol):
    def search(
        self, guild: int, channels: Collection[int], text: str, most: int, vector: Vector | None = None
    ) -> list[int]:
        """The messages of these channels (of threads, their channels) that bear on ``text``, by their numbers, the best first. ``vector``:
        what ``text`` means.
        """


class Hybrid:
    def search(
        self, guild: int, channels: Collection[int], text: str, most: int, vector: Vector | None = None
    ) -> list[int]:
        from discordbridge.memory import fulltext, meaning

        by_words = fulltext.FullText().search(guild, channels, text, DEPTH * most)
        by_meaning = meaning.search(guild, channels, vector, DEPTH * most) if vector is not None else []
        return hybrid.merge(by_meaning, by_words, most)


_index: Index = Hybrid()


def use(index: Index) -> None:
    global _index
    _index = index


def current() -> Index:
    return _index
