"""Start, feed and watch the child process, from an event loop."""

import asyncio
import contextlib
import multiprocessing
import os
import pickle
import socket
from collections.abc import Callable
from ctypes import c_longlong
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Final

from inference_client.engines.llama_cpp import child
from inference_client.engines.llama_cpp.guard import NOBODY
from inference_client.engines.llama_cpp.parcel import Frames, opened
from inference_client.engines.llama_cpp.spec import FromChild, ModelSpec, ToChild

STOP_SECONDS: Final = 2.0
_ROOM: Final = 64 * 1024


class ChildProcess:
    """One child. ``heard`` is called in the event loop with each message, and with None once the child is gone.

    What the child says is read by the loop itself, as far as it is there: to hand every token over from a thread would
    cost more than all else. Threads do what may block: a pipe full of a long prompt, and waiting for the child's end.
    """

    def __init__(self, spec: ModelSpec, heard: Callable[["ChildProcess", FromChild | None], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = heard
        self._gone = Event()
        self._orders: SimpleQueue[ToChild] = SimpleQueue()
        self._frames = Frames()
        # Made once: a new one for each token would cost more than the token.
        self._room = memoryview(bytearray(_ROOM))
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._blamed = context.RawValue(c_longlong, NOBODY)
        arguments = (theirs, spec, self._blamed)
        self._process = context.Process(target=child.main, args=arguments, name="llama.cpp", daemon=True)
        self._process.start()
        # Or the pipe would stay open, and silent, after the child's death.
        theirs.close()
        self._writer = Thread(target=self._write, name="to llama.cpp", daemon=True)
        self._writer.start()
        self._reader: Thread | None = None
        self._socket: socket.socket | None = None
        if os.name == "nt":
            # No socket there, and a loop that cannot watch a pipe.
            self._reader = Thread(target=self._read_blocking, name="from llama.cpp", daemon=True)
            self._reader.start()
        else:
            self._socket = socket.socket(fileno=os.dup(self._pipe.fileno()))
            self._loop.add_reader(self._socket, self._read)

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

    # --- what the child says ----------------------------------------------------------------------------------------

    def _read(self) -> None:
        assert self._socket is not None
        try:
            # Not a blocking pipe: the writer needs it to block.
            count = self._socket.recv_into(self._room, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        for frame in self._frames.feed(self._room[:count]):
            self._pass_on(pickle.loads(frame))  # noqa: S301 - from our own child
        if not count:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            Thread(target=self._bury, name="end of llama.cpp", daemon=True).start()

    def _read_blocking(self) -> None:
        with contextlib.suppress(EOFError, OSError, RuntimeError):
            while True:
                self._loop.call_soon_threadsafe(self._pass_on, self._pipe.recv())
        self._bury()

    def _pass_on(self, message: Any) -> None:
        self._heard(self, opened(message) if isinstance(message, list) else message)

    def _bury(self) -> None:
        # Only one thread waits for the process: its exit code can be fetched once.
        self._process.join()
        self._gone.set()
        # Wakes the writer: its next order finds the pipe closed.
        self.send(None)
        with contextlib.suppress(RuntimeError):
            # The loop may be closed already when the program ends.
            self._loop.call_soon_threadsafe(self._heard, self, None)
