"""Who opens many links that do not exist is trying slugs, and is sent away for a while.

Counted in each process by itself, without Redis: with several processes a guesser gets so many times as many.
"""

import time
from typing import Final

MISSES: Final = 60
WINDOW_SECONDS: Final = 60.0
MOST: Final = 20_000


class Guesses:
    """``sent_away`` is empty but while somebody guesses."""

    def __init__(self) -> None:
        self.sent_away: set[str] = set()
        self._misses: dict[str, int] = {}
        self._began = float("-inf")

    def miss(self, who: str) -> None:
        """``who``: as :func:`meatlizard.security.client_address.address_key` says."""
        self._begin_anew_in_time()
        if len(self._misses) >= MOST:
            self._misses.clear()
        self._misses[who] = self._misses.get(who, 0) + 1
        if self._misses[who] >= MISSES:
            self.sent_away.add(who)

    def too_many(self, who: str) -> bool:
        self._begin_anew_in_time()
        return who in self.sent_away

    def _begin_anew_in_time(self) -> None:
        now = time.monotonic()
        if now - self._began > WINDOW_SECONDS:
            self._misses.clear()
            self.sent_away.clear()
            self._began = now
