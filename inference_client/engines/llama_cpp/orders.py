"""What the parent process wants, heard by the child also while the model is at work."""

import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Event, Thread
from typing import Final

from inference_client.engines.llama_cpp.spec import CancelRun, ToChild

PATIENCE: Final = 0.25
"""Seconds that Stop waits for the end of a step before the step is interrupted."""


class Orders:
    """Reads ``pipe`` in a thread. ``interrupt`` ends the step at work, if it is a long one."""

    def __init__(self, pipe: Connection, interrupt: Callable[[], None]) -> None:
        self._pipe = pipe
        self._interrupt = interrupt
        self._queue: SimpleQueue[ToChild] = SimpleQueue()
        self._taken = Event()
        Thread(target=self._read, name="orders", daemon=True).start()

    def take(self, *, wait: bool) -> list[ToChild]:
        """All that came; with ``wait`` at least one. None among them: end."""
        if not wait and self._queue.empty():
            return []
        orders = [self._queue.get()]
        while not self._queue.empty():
            orders.append(self._queue.get())
        self._taken.set()
        return orders

    def _read(self) -> None:
        order: ToChild = None
        while True:
            try:
                order = self._pipe.recv()
            except (EOFError, OSError):
                order = None
            self._queue.put(order)
            if order is None or isinstance(order, CancelRun):
                self._hurry()
            if order is None:
                return

    def _hurry(self) -> None:
        """Waits until all orders are taken, and interrupts the step that keeps them waiting."""
        until = time.monotonic() + PATIENCE
        while not self._queue.empty():
            left = until - time.monotonic()
            if left <= 0:
                self._interrupt()
                return
            self._taken.wait(left)
            self._taken.clear()
