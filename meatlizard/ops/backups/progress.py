"""How far a long work has come, told no more often than anybody reads it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Tell: TypeAlias = Callable[[int, int], None]
"""Hears bytes done, and bytes in all."""

SECONDS = 0.25


def silent(done: int, total: int) -> None:
    """Nobody listens."""


@dataclass
class Progress:
    total: int
    tell: Tell
    done: int = 0
    _whole: int = 0
    _told: float = field(default_factory=lambda: -SECONDS)

    def more(self, count: int) -> None:
        """Bytes of the thing that is under way."""
        self.done += count
        self._say()

    def passed(self, size: int) -> None:
        """One thing of this size has ended, read or not."""
        self.reached(self._whole + size)

    def reached(self, place: int) -> None:
        """So much has ended, whatever was guessed before."""
        self._whole = self.done = place
        self._say()

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._told >= SECONDS or self.done >= self.total:
            self._told = now
            self.tell(min(self.done, self.total), self.total)
