"""The long-running parts of short links in a serving process."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connections

from meatlizard.lifecycle import service
from meatlizard.threads import in_database
from shortener import rollup
from shortener.jobs import count_clicks, tidy_up, update_block_lists
from shortener.redirect.journal import FLUSH_SECONDS
from shortener.redirect.memory import memory
from shortener.redirect.recording import prepare_salts
from shortener.redirect.storing import recorder

log = logging.getLogger(__name__)

ADOPT_SECONDS = 30.0
COUNT_SECONDS = 60.0
DAILY_SECONDS = 24 * 3600.0


@service("shortener.memory")
async def keep_fresh() -> None:
    await memory.run()


@service("shortener.clicks")
async def note_clicks() -> None:
    """In a thread of its own: neither pages nor answers wait for it, nor it for the database."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="clicks") as thread:
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await loop.run_in_executor(thread, recorder.write)
        finally:
            thread.submit(recorder.write)


@service("shortener.storing")
async def store_clicks() -> None:
    loop = asyncio.get_running_loop()
    adopted = float("-inf")
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing") as thread:
        try:
            while True:
                adopt = loop.time() - adopted >= ADOPT_SECONDS
                if adopt:
                    adopted = loop.time()
                await loop.run_in_executor(thread, _store, adopt)
                await asyncio.sleep(FLUSH_SECONDS)
        finally:
            thread.submit(_end)


@service("shortener.jobs")
async def enqueue_jobs() -> None:
    """Any process does; what has been done is not there for the second."""
    clock = asyncio.get_running_loop().time
    daily = float("-inf")
    while True:
        try:
            if await in_database(rollup.waiting):
                await in_database(count_clicks.enqueue)
            if clock() - daily >= DAILY_SECONDS:
                daily = clock()
                await in_database(tidy_up.enqueue)
                await in_database(update_block_lists.enqueue)
        except DatabaseTrouble:
            log.exception("shortener.database_error")
        await asyncio.sleep(COUNT_SECONDS)


def _store(adopt: bool) -> None:
    close_old_connections()
    try:
        prepare_salts()
    except DatabaseTrouble as error:
        log.warning("shortener.no_salts", extra={"error": type(error).__name__})
    recorder.store()
    if adopt:
        recorder.adopt()
    close_old_connections()


def _end() -> None:
    recorder.end()
    connections.close_all()
