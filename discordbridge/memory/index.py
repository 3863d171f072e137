"""How remembered messages are found for a question. Full text today; whatever finds better takes its place by :func:`use`."""

from collections.abc import Collection
from typing import Protocol


class Index(Protocol):
    def search(self, guild: int, channels: Collection[int], text: str, most: int) -> list[int]:
        """The messages of these channels (of threads, their channels) that bear on ``text``, by their numbers, the best first."""


_index: Index | None = None


def use(index: Index) -> None:
    global _index
    _index = index


def current() -> Index:
    if _index is None:
        from discordbridge.memory import fulltext

        return fulltext.FullText()
    return _index
