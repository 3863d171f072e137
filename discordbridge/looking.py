"""What the bot looks after by itself: at a hint, and every so often besides, since hints may be lost."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)


class Looking:
    """``hint`` has ``look`` called soon. Whatever goes wrong is logged, and the next look tries again: nobody would
    begin a look that has ended anew."""

    def __init__(self, bot: "Bot", look: Callable[[], Awaitable[None]], seconds: float, name: str) -> None:
        self._look, self._seconds, self._name = look, seconds, name
        self._wake = asyncio.Event()
        bot.keep(self._run(bot), name)

    def hint(self) -> None:
        self._wake.set()

    async def _run(self, bot: "Bot") -> None:
        await bot.wait_until_ready()
        while True:
            try:
                await self._look()
            except Exception:
                log.exception("discord.look_failed", extra={"what": self._name})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._wake.wait()
            self._wake.clear()
