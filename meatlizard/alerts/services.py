"""Watches and tells, in each serving process; of several that watch at the same time one does, if the cache says which."""

import asyncio
import logging
import time
from typing import Final

from django.core.cache import cache
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext as _

from meatlizard.alerts import sending, watching
from meatlizard.alerts.emergency import Emergency
from meatlizard.lifecycle import service
from meatlizard.outages import redis_errors
from meatlizard.threads import in_slow_database

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 15
CLEAR_SECONDS: Final = 3_600.0
DATABASE_SECONDS: Final = 20.0
"""A round that takes longer is one in which the database does not answer. Messages are sent beside it: a channel that is slow says nothing of
that, and holds up no look."""


@service("alerts.watch")
async def keep_watch() -> None:
    await Watch().run()


class Watch:
    def __init__(self, emergency: Emergency | None = None) -> None:
        self.emergency = emergency or Emergency()
        self._round: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._cleared = 0.0

    async def run(self) -> None:
        while True:
            await self.step()
            await asyncio.sleep(EVERY_SECONDS)

    async def step(self, seconds: float = DATABASE_SECONDS) -> None:
        """One round. While one hangs no second one begins."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(in_slow_database(self._look))
        await asyncio.wait({self._round}, timeout=seconds)
        if not self._round.done():
            await self._away(_("It has not answered within %(seconds)d seconds.") % {"seconds": seconds})
            return
        try:
            self._round.result()
        except DatabaseTrouble as error:
            await self._away(type(error).__name__)
            return
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(_send())

    async def _away(self, words: str) -> None:
        await in_slow_database(self.emergency.away, time.monotonic(), words)

    def _look(self) -> None:
        self.emergency.back(time.monotonic())
        if _mine():
            watching.look()
        if time.monotonic() - self._cleared > CLEAR_SECONDS:
            self._cleared = time.monotonic()
            watching.clear()


async def _send() -> None:
    try:
        await in_slow_database(sending.send_due)
    except DatabaseTrouble as error:
        # The next round finds out whether it is away.
        log.warning("alert.sending_stopped", extra={"error": type(error).__name__})
    except Exception:
        log.exception("alert.sending_failed")


def _mine() -> bool:
    """Whether nobody has watched in these seconds. Twice does no harm."""
    try:
        return bool(cache.add(f"alerts:watched:{int(time.time()) // WATCH_SECONDS}", 1, 4 * WATCH_SECONDS))
    except redis_errors():
        return True
