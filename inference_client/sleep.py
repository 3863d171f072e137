"""Noticing that the machine was asleep."""

import time
from collections.abc import Callable
from typing import Final

JUMP_SECONDS: Final = 15.0
"""By so much the wall clock must have run ahead: more than any correction of it in normal times."""


class Sleep:
    """The monotonic clock stands still while a machine sleeps, the wall clock does not."""

    def __init__(self, wall: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._clock = clock
        self._difference = wall() - clock()

    def over(self) -> bool:
        """Whether there was a sleep since the last time this was asked. A clock set forward looks the same."""
        before, self._difference = self._difference, self._wall() - self._clock()
        return self._difference - before > JUMP_SECONDS
