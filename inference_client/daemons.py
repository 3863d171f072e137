"""Slow work in threads that nobody waits for when the program ends."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_daemon(function: Callable[[], T]) -> T:
    """As ``asyncio.to_thread``, but the end of the program does not wait for it: reading 40 GB takes a minute."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(setter: Callable[[], None]) -> None:
        if not result.done():
            setter()

    def work() -> None:
        try:
            found = function()
        except Exception as error:
            failure = error
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, lambda: result.set_exception(failure))
        else:
            # The loop may be closed already.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, lambda: result.set_result(found))

    threading.Thread(target=work, daemon=True, name=getattr(function, "__name__", "work")).start()
    return await result
