"""The long-running parts of a serving process, inside a test's own event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat.bus import bus
from chat.inference.dispatch import dispatcher
from chat.notifier import notifier
from chat.preparing.service import preparer
from meatlizard.threads import close_thread_connections


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    """Bus, dispatcher, notifier and the site's turn, for as long as the block."""
    tasks = [asyncio.create_task(part.run()) for part in (bus, dispatcher, notifier, preparer)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(close_thread_connections)
