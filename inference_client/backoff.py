"""How long to wait before the next attempt: soon first, then ever longer, at random so that many clients spread out."""

import random
from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.2
MOST_SECONDS: Final = 60.0


class Backoff:
    """``next()`` after each failure, ``reset()`` after success. Full jitter: any time up to a doubling limit."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait; 0.2 the first time."""
        limit = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return limit if self._failures == 1 else max(FIRST_SECONDS, self._uniform(0.0, limit))

    def reset(self) -> None:
        self._failures = 0
