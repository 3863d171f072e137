"""Tells a service of this process that there is something to do; those elsewhere look by themselves."""

import asyncio
import contextlib
from collections.abc import Iterator


class Bell:
    """One for each kind of work: who waits for one kind is not woken for another."""

    def __init__(self) -> None:
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def notify(self) -> None:
        """From any thread."""
        for loop, event in tuple(self._listeners):
            with contextlib.suppress(RuntimeError):  # that loop has just closed
                loop.call_soon_threadsafe(event.set)

    @contextlib.contextmanager
    def listening(self, event: asyncio.Event) -> Iterator[None]:
        """Sets ``event`` on every notice within the block. On the loop that will wait for it."""
        entry = (asyncio.get_running_loop(), event)
        self._listeners.add(entry)
        try:
            yield
        finally:
            self._listeners.discard(entry)


jobs = Bell()
