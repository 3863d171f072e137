"""A network between two programs that a test can cut, freeze or slow down: a TCP proxy on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 8192


class BadNetwork:
    """``freeze`` swallows all that the present connections carry, without a word to either end; new ones work.

    ``cut`` ends them as a lost address does. ``rate``: bytes a second to the site, None for as fast as it goes. ``open``:
    whether new connections are taken. ``connections`` counts them.
    """

    def __init__(self, port: int) -> None:
        self.connections = 0
        self.rate: float | None = None
        self.open = True
        self.port = 0
        self._site = port
        self._present: list[tuple[asyncio.StreamWriter, asyncio.Event]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        for _, flowing in self._present:
            flowing.clear()

    def cut(self) -> None:
        for writer, _ in self._present:
            writer.transport.abort()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if not self.open:
            writer.transport.abort()
            return
        self.connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._site)
        flowing = asyncio.Event()
        flowing.set()
        self._present += [(writer, flowing), (back, flowing)]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, back, flowing, slow=True))
                group.create_task(self._carry(there, writer, flowing, slow=False))
        except* OSError:
            pass
        finally:
            writer.transport.abort()
            back.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, flowing: asyncio.Event, *, slow: bool
    ) -> None:
        while True:
            await flowing.wait()
            data = await source.read(CHUNK)
            await flowing.wait()
            if not data:
                raise ConnectionResetError
            if slow and self.rate is not None:
                await asyncio.sleep(len(data) / self.rate)
            sink.write(data)
            await sink.drain()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def bad_network(port: int) -> AsyncIterator[BadNetwork]:
    """A network in front of ``port`` of this machine."""
    network = BadNetwork(port)
    listening = socket.create_server(("127.0.0.1", 0))
    # A small window, so that what is held back is held back at the sender, as on a real line.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    server = await asyncio.start_server(network.take, sock=listening, limit=CHUNK)
    network.port = listening.getsockname()[1]
    try:
        yield network
    finally:
        server.close()
        await network.end()
