"""A site's end of the real wire on a real socket, which says what a test tells it to."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from inference_client.protocol import keys, versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import ENROL, MESSAGE
from inference_client.protocol.handshake import ServerHandshake
from inference_client.protocol.messages import (
    Deltas,
    Enrol,
    Enrolled,
    FromNode,
    FromSite,
    Hello,
    Resume,
    Welcome,
    encode,
    from_node,
)

M = TypeVar("M")
SECONDS = 10.0
NODE = "0b6cd5ce-3b53-4d12-9a3e-6a3d9d6a6a01"


class FakeSite:
    """``connections``: each node that shook hands. ``refuse``: (close code, reason) instead of an answer."""

    def __init__(self) -> None:
        self.key = keys.generate()
        self.enrolled: set[bytes] = set()
        self.codes: set[str] = set()
        self.refuse: tuple[int, str] | None = None
        self.clock: Callable[[], float] = time.time
        self.connections: asyncio.Queue[NodeAtSite] = asyncio.Queue()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def next_node(self) -> "NodeAtSite":
        async with asyncio.timeout(SECONDS):
            return await self.connections.get()

    async def handle(self, socket: ServerConnection) -> None:
        try:
            await self._handle(socket)
        except ConnectionClosed:
            pass

    async def _handle(self, socket: ServerConnection) -> None:
        chosen = versions.choose([name for name in (socket.subprotocol,) if name])
        handshake = ServerHandshake(self.key, versions=chosen)
        client = handshake.read_hello(await socket.recv(decode=False))
        if self.refuse is not None:
            await socket.close(*self.refuse)
            return
        enrolled = client in self.enrolled
        answer, channel = handshake.answer(now=time.monotonic(), server_time=self.clock(), enrolled=enrolled)
        await socket.send(answer)
        if not enrolled:
            await self._enrol(socket, channel)
            return
        node = NodeAtSite(socket, channel)
        self.connections.put_nowait(node)
        await node.read()

    async def _enrol(self, socket: ServerConnection, channel: SecureChannel) -> None:
        message = channel.open(await socket.recv(decode=False))
        assert message is not None
        assert message.type == ENROL
        enrol = from_node(message.payload)
        assert isinstance(enrol, Enrol)
        if enrol.code not in self.codes:
            await socket.close(4401, "enrolment_refused")
            return
        self.codes.remove(enrol.code)
        self.enrolled.add(channel.remote_static)
        for frame in channel.accept_enrolment(encode(Enrolled(node=NODE, name=enrol.name))):
            await socket.send(frame)
        await socket.wait_closed()


class NodeAtSite:
    """One connected node. ``texts``: what its deltas add up to, by generation; ``frames``: sealed frames received."""

    def __init__(self, socket: ServerConnection, channel: SecureChannel) -> None:
        self.socket = socket
        self.channel = channel
        self.inbox: asyncio.Queue[FromNode] = asyncio.Queue()
        self.frames = 0

    async def read(self) -> None:
        async for frame in self.socket:
            assert isinstance(frame, bytes)
            self.frames += 1
            message = self.channel.open(frame)
            for answer in self.channel.take_pending():
                await self.socket.send(answer)
            if message is not None:
                assert message.type == MESSAGE
                self.inbox.put_nowait(from_node(message.payload))

    async def say(self, message: FromSite) -> None:
        for frame in self.channel.seal(MESSAGE, encode(message)):
            await self.socket.send(frame)

    async def hear(self, kind: type[M]) -> M:
        """The next message of this kind; heartbeats and others before it are passed over."""
        async with asyncio.timeout(SECONDS):
            while True:
                message = await self.inbox.get()
                if isinstance(message, kind):
                    return message

    async def text(self, length: int, start: int = 0) -> str:
        """Deltas of one generation put together until ``length`` code points; each must follow the last."""
        found = ""
        while start + len(found) < length:
            for item in (await self.hear(Deltas)).items:
                assert item.o == start + len(found), "a delta does not follow"
                found += item.x
        return found

    async def welcome(self, *resume: Resume, heartbeat: float = 5.0) -> Hello:
        hello = await self.hear(Hello)
        await self.say(
            Welcome(
                node=NODE,
                name="mac",
                server_time=time.time(),
                heartbeat_seconds=heartbeat,
                resume_seconds=60,
                resume=resume,
            )
        )
        return hello

    async def cut(self) -> None:
        """As if the network had gone."""
        self.socket.transport.abort()


@asynccontextmanager
async def fake_site(again: FakeSite | None = None) -> AsyncIterator[FakeSite]:
    """A site on a free port of this machine; ``again``: one that was away comes back where it was."""
    site = again or FakeSite()
    spoken = [Subprotocol(name) for name in versions.offer()]
    async with serve(site.handle, "127.0.0.1", site.port, subprotocols=spoken, compression=None) as server:
        site.port = next(iter(server.sockets)).getsockname()[1]
        yield site
