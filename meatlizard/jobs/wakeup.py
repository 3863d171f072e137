"""Tells the worker of this process that there is something to do; workers elsewhere look by themselves."""

import asyncio
import contextlib
from collections.abc import Iterator

_listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()


def notify() -> None:
    """From any thread."""
    for loop, event in tuple(_listeners):
        with contextlib.suppress(RuntimeError):  # that loop has just closed
            loop.call_soon_threadsafe(event.set)


@contextlib.contextmanager
def listening(event: asyncio.Event) -> Iterator[None]:
    """Sets ``event`` on every notice within the block. On the loop that will wait for it."""
    entry = (asyncio.get_running_loop(), event)
    _listeners.add(entry)
    try:
        yield
    finally:
        _listeners.discard(entry)
