"""A link that fails on purpose: a TCP proxy in a thread, between a client and its site.

``silent``: nothing passes and nobody is told, as on a radio link that is gone; what was sent meanwhile arrives when the
link is back, as TCP sends it again. ``forgotten``: likewise, but connections from before never pass anything again, as
after a router forgot them. ``reset``: connections end at once, and new ones are refused.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Literal

Cut = Literal["silent", "forgotten", "reset"]
CHUNK = 64 * 1024
# On, for 0 seconds: closing sends RST in place of FIN.
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class LossyLink:
    """Listens at ``url`` and passes everything on to ``port`` of this machine. Thread-safe. End it with ``end``."""

    def __init__(self, port: int) -> None:
        self._site = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._cut: Cut | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0
        self._thread = threading.Thread(target=self._run, name="lossy link", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self, how: Cut) -> None:
        """From now on nothing passes."""
        self._do(self._begin_cut, how)

    def restore(self) -> None:
        self._do(self._end_cut)

    def end(self) -> None:
        """Closes everything. A second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    # --- in the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._accept, sock=self._listener))
        self._loop.run_forever()
        for pair in list(self._pairs):
            pair.reset()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._listener.close()
        self._loop.close()

    def _do(self, act: Callable[..., None], *arguments: object) -> None:
        done = threading.Event()

        def both() -> None:
            act(*arguments)
            done.set()

        self._loop.call_soon_threadsafe(both)
        assert done.wait(10), "the link's thread hangs"

    def _begin_cut(self, how: Cut) -> None:
        self._cut = how
        self._open.clear()
        for pair in list(self._pairs):
            if how == "reset":
                pair.reset()
            pair.lost = how == "forgotten"

    def _end_cut(self) -> None:
        self._cut = None
        self._open.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut == "reset":
            _reset(writer)
            return
        # In silence a call is not answered until the link is back: then the repeated call gets through.
        await self._open.wait()
        self.accepted += 1
        try:
            theirs = await asyncio.open_connection("127.0.0.1", self._site)
        except OSError:
            _reset(writer)
            return
        pair = _Pair(writer, theirs[1], self._open)
        self._pairs.add(pair)
        ways = [asyncio.create_task(pair.carry(reader, theirs[1])), asyncio.create_task(pair.carry(theirs[0], writer))]
        try:
            # Either side's end is passed on as the end of both: a websocket has no half-closed state.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pairs.discard(pair)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.close()
            theirs[1].close()


class _Pair:
    """One connection of the client and its other half to the site. ``lost``: it never passes anything again."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter, open_: asyncio.Event) -> None:
        self._ends = (near, far)
        self._open = open_
        self.lost = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passable()
                writer.write(data)
                await writer.drain()
            # The end of a connection is a packet too.
            await self._passable()

    def reset(self) -> None:
        for writer in self._ends:
            _reset(writer)

    async def _passable(self) -> None:
        await self._open.wait()
        if self.lost:
            await asyncio.Event().wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()
