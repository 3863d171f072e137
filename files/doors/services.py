"""Fetches what people have named by its address, a few at once in each serving process."""

import asyncio
import contextlib
import logging
from typing import Final

from django.db import DatabaseError

from files.doors import bringing, fetching
from files.models import Fetch
from meatlizard.jobs.worker import in_daemon_thread
from meatlizard.lifecycle import service
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
LOOK_SECONDS: Final = 15.0


@service("files.fetching")
async def fetch_files() -> None:
    running: dict[asyncio.Future[None], Fetch] = {}
    wake = asyncio.Event()

    def ended(done: asyncio.Future[None]) -> None:
        running.pop(done, None)
        wake.set()

    try:
        with fetching.waiting.listening(wake):
            while True:
                wake.clear()
                try:
                    while len(running) < AT_ONCE and (fetch := await in_database(fetching.claim)):
                        done = in_daemon_thread(bringing.run, fetch)
                        running[done] = fetch
                        done.add_done_callback(ended)
                except DatabaseError:
                    log.warning("files.not_fetched", exc_info=True)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await wake.wait()
    finally:
        for fetch in list(running.values()):
            with contextlib.suppress(DatabaseError):
                await asyncio.shield(in_database(fetching.put_back, fetch.pk, fetch.tries))
