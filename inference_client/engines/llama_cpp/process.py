"""Start, feed and watch the child process, from an event loop."""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Callable
from ctypes import c_longlong
from queue import SimpleQueue
from threading import Event, Thread
from typing import Final

from inference_client.engines.llama_cpp import child
from inference_client.engines.llama_cpp.guard import NOBODY
from inference_client.engines.llama_cpp.parcel import opened
from inference_client.engines.llama_cpp.spec import FromChild, ModelSpec, ToChild

STOP_SECONDS: Final = 2.0


class ChildProcess:
    """One child. ``heard`` is called in the event loop with each message, and with None once the child is gone.

    Two threads do what may block: a pipe full of a long prompt, and waiting for the child's next word.
    """

    def __init__(self, spec: ModelSpec, heard: Callable[["ChildProcess", FromChild | None], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = heard
        self._gone = Event()
        self._orders: SimpleQueue[ToChild] = SimpleQueue()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._blamed = context.RawValue(c_longlong, NOBODY)
        arguments = (theirs, spec, self._blamed)
        self._process = context.Process(target=child.main, args=arguments, name="llama.cpp", daemon=True)
        self._process.start()
        # Or the pipe would stay open, and silent, after the child's death.
        theirs.close()
        self._writer = Thread(target=self._write, name="to llama.cpp", daemon=True)
        self._reader = Thread(target=self._read, name="from llama.cpp", daemon=True)
        self._writer.start()
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def exit_code(self) -> int | None:
        """Negative: the signal that ended it. None while it runs."""
        return self._process.exitcode

    @property
    def blamed(self) -> int | None:
        """The run whose grammar was at work when the child ended; None if none was."""
        return None if self._blamed.value == NOBODY else int(self._blamed.value)

    def send(self, order: ToChild) -> None:
        """Returns at once. An order to a dead child is lost."""
        self._orders.put(order)

    def kill(self) -> None:
        """At once. ``heard`` is told as of any other death."""
        self._process.kill()

    async def stop(self) -> None:
        """Asks the child to end, and ends it if it does not."""
        self.send(None)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        if not self._gone.wait(STOP_SECONDS):
            self._process.kill()
            self._gone.wait(STOP_SECONDS)

    def _write(self) -> None:
        while True:
            order = self._orders.get()
            try:
                self._pipe.send(order)
            except OSError:
                return
            if order is None:
                return

    def _read(self) -> None:
        while True:
            try:
                heard = self._pipe.recv()
                message: FromChild | None = opened(heard) if isinstance(heard, list) else heard
            except (EOFError, OSError):
                message = None
                # Only this thread waits for the process: its exit code can be fetched once.
                self._process.join()
                self._gone.set()
                # Wakes the writer: its next order finds the pipe closed.
                self.send(None)
            with contextlib.suppress(RuntimeError):
                # The loop may be closed already when the program ends.
                self._loop.call_soon_threadsafe(self._heard, self, message)
            if message is None:
                return
