"""How often Discord has refused this process for asking too much, heard where every request passes: discord.py waits and asks again
without telling anybody.
"""

import time
from collections import deque
from typing import Any, Final

import aiohttp

from discordbridge import measuring

HOUR: Final = 3_600.0
MOST: Final = 10_000


class RateLimits:
    """Used on the bot's event loop; the number may be read from any thread."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=MOST)

    async def ended(self, session: Any, context: Any, ended: aiohttp.TraceRequestEndParams) -> None:
        if ended.response.status == 429:
            self._at.append(time.monotonic())
            measuring.refused.add()

    def within_an_hour(self) -> int:
        since = time.monotonic() - HOUR
        return sum(at > since for at in tuple(self._at))

    def trace(self) -> aiohttp.TraceConfig:
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self.ended)
        return config


limits = RateLimits()
