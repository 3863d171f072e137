"""What a process remembers of links, and how soon it forgets.

What changes here is forgotten at once; what other processes change within POLL_SECONDS, by the numbered changes in the database; and
whatever happens after FRESH_SECONDS. An answer of the database that a change overtook is used once and not kept.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from typing import Final

from django.db import Error as DatabaseTrouble

from meatlizard.threads import in_database, in_database_first
from shortener.changes import EVERYTHING, Key, latest, listen, since
from shortener.redirect import entries
from shortener.redirect.entries import Entry, OwnHost

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
FRESH_SECONDS: Final = 300.0
"""Also how long links that were opened go on leading somewhere without a database."""

MISSING_SECONDS: Final = 1.0
MOST: Final = 20_000
MOST_MISSING: Final = 5_000


class Memory:
    """One per process. Used on the event loop, but for :meth:`drop`."""

    def __init__(self) -> None:
        self.hosts: dict[str, OwnHost] = {}
        self._kept: dict[Key, tuple[float, Entry]] = {}
        self._missing: dict[Key, float] = {}
        self._loading: dict[Key, asyncio.Task[Entry | None]] = {}
        self._lock = threading.Lock()
        self._epoch = 0
        self._seen: int | None = None

    def get(self, key: Key) -> Entry | None:
        """What is remembered and fresh."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > time.monotonic() else None

    async def find(self, key: Key) -> Entry | None:
        """As it is remembered, or as the database has it now; None: it leads nowhere. Many who ask at once ask the database once."""
        entry = self.get(key)
        if entry is not None:
            return entry
        if self._missing.get(key, 0.0) > time.monotonic():
            return None
        task = self._loading.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = self._loading[key] = asyncio.create_task(self._load(key))
            task.add_done_callback(lambda done: self._loading.pop(key, None))
        # One who hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _load(self, key: Key) -> Entry | None:
        if self._seen is None:
            await self.refresh()
        epoch = self._epoch
        entry = await in_database_first(entries.load, *key)
        with self._lock:
            if epoch == self._epoch:
                self._keep(key, entry)
        return entry

    def _keep(self, key: Key, entry: Entry | None) -> None:
        now = time.monotonic()
        if entry is None:
            if len(self._missing) >= MOST_MISSING:
                self._missing.clear()
            self._missing[key] = now + MISSING_SECONDS
            return
        self._kept.pop(key, None)
        if len(self._kept) >= MOST:
            # The one that was read longest ago.
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = (now + FRESH_SECONDS, entry)

    def drop(self, keys: Iterable[Key]) -> None:
        """From any thread."""
        with self._lock:
            self._epoch += 1
            for key in keys:
                if key == EVERYTHING:
                    self._kept.clear()
                    self._missing.clear()
                else:
                    self._kept.pop(key, None)
                    self._missing.pop(key, None)

    async def refresh(self) -> None:
        """Looks for changes by other processes, and reads the domains when everything changed. Raises the database's errors."""
        if self._seen is None:
            self._seen = await in_database(latest)
            self.hosts = await in_database(entries.own_hosts)
            return
        self._seen, changed = await in_database(since, self._seen)
        if changed:
            self.drop(changed)
            if EVERYTHING in changed:
                self.hosts = await in_database(entries.own_hosts)

    def forget(self) -> None:
        """All of it, as if the process had just begun."""
        self.drop([EVERYTHING])
        self._loading.clear()
        self.hosts, self._seen = {}, None

    async def run(self) -> None:
        """Keeps fresh until cancelled."""
        while True:
            try:
                await self.refresh()
            except DatabaseTrouble:
                log.exception("shortener.database_error")
            await asyncio.sleep(POLL_SECONDS)


memory = Memory()
listen(memory.drop)
