"""The two ends of the relay benchmark: a node with a scripted engine, and pages that read. Both speak the real
protocols.

Each token is four characters, so that the place of a delta in the answer says which tokens it carries, and with the
time at which the node sent each, how long it took.
"""

import asyncio
import json
import time
import zlib
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect

from inference_client.protocol import versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import MESSAGE
from inference_client.protocol.handshake import ClientHandshake
from inference_client.protocol.messages import (
    Delta,
    Deltas,
    Finished,
    Generate,
    Heartbeat,
    Hello,
    Welcome,
    encode,
    from_site,
)
from inference_client.protocol.vocabulary import ModelInfo, Schema, Usage

TOKEN = "tok "
WIDTH = len(TOKEN)
SECONDS = 120.0


@dataclass
class Script:
    """What the engine does with each request: ``tokens`` of them, a step every ``interval`` seconds (0: as fast as it
    goes).
    """

    tokens: int
    interval: float


@dataclass
class Clock:
    """When each token of each generation was sent."""

    sent: dict[UUID, list[float]] = field(default_factory=dict)


class BenchNode:
    """One node with ``slots`` sequences. All running sequences advance by one token a step, in one frame, as in a real
    batch.
    """

    def __init__(self, url: str, server_public: bytes, key: X25519PrivateKey, slots: int, clock: Clock) -> None:
        self.script = Script(1, 0.0)
        self._url, self._public, self._key, self._slots, self._clock = url, server_public, key, slots, clock
        self._running: dict[UUID, tuple[Generate, int]] = {}
        self._work = asyncio.Event()

    async def run(self, ready: asyncio.Event) -> None:
        async with connect(self._url, subprotocols=versions.offer(), compression=None, max_size=2**17) as socket:  # type: ignore[arg-type]
            handshake = ClientHandshake(self._key, self._public)
            await socket.send(handshake.hello())
            answer = await socket.recv()
            assert isinstance(answer, bytes)
            channel = handshake.finish(answer, time.monotonic())
            model = ModelInfo(alias="bench", context_length=100_000, slots=self._slots)
            await self._say(
                socket, channel, Hello(client_version="bench", platform="bench", backend="cpu", models=(model,))
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(socket, channel, ready))
                tasks.create_task(self._steps(socket, channel))
                tasks.create_task(self._beat(socket, channel))

    @staticmethod
    async def _say(socket: ClientConnection, channel: SecureChannel, message: Schema) -> None:
        for frame in channel.seal(MESSAGE, encode(message)):
            await socket.send(frame)

    async def _hear(self, socket: ClientConnection, channel: SecureChannel, ready: asyncio.Event) -> None:
        async for frame in socket:
            assert isinstance(frame, bytes)
            message = channel.open(frame)
            if message is None:
                continue
            said = from_site(message.payload)
            if isinstance(said, Welcome):
                ready.set()
            elif isinstance(said, Generate):
                self._clock.sent[said.generation] = []
                self._running[said.generation] = (said, 0)
                self._work.set()

    async def _beat(self, socket: ClientConnection, channel: SecureChannel) -> None:
        while True:
            await asyncio.sleep(5)
            await self._say(socket, channel, Heartbeat(running=tuple(self._running)))

    async def _steps(self, socket: ClientConnection, channel: SecureChannel) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            began = loop.time()
            await self._step(socket, channel)
            if not self._running:
                self._work.clear()
            await asyncio.sleep(max(0.0, self.script.interval - (loop.time() - began)))

    async def _step(self, socket: ClientConnection, channel: SecureChannel) -> None:
        items, over = [], []
        now = time.perf_counter()
        for key, (job, done) in self._running.items():
            items.append(Delta(g=key, e=job.epoch, o=done * WIDTH, x=TOKEN))
            self._clock.sent[key].append(now)
            self._running[key] = (job, done + 1)
            if done + 1 == self.script.tokens:
                over.append(job)
        await self._say(socket, channel, Deltas(items=tuple(items)))
        for job in over:
            del self._running[job.generation]
            usage = Usage(prompt_tokens=3, completion_tokens=self.script.tokens)
            length = self.script.tokens * WIDTH
            end = Finished(generation=job.generation, epoch=job.epoch, reason="stop", length=length, usage=usage)
            await self._say(socket, channel, end)


@dataclass
class Reading:
    """What one page saw of one answer. Times in seconds, ``octets`` as they came over its socket."""

    first: float
    latencies: list[float]
    octets: int
    text: str


class BenchPage:
    """One page with one conversation open."""

    def __init__(self, url: str, cookie: str, origin: str, conversation: UUID, clock: Clock) -> None:
        self._url, self._cookie, self._origin = url, cookie, origin
        self._conversation, self._clock = conversation, clock
        self._socket: ClientConnection | None = None

    async def open(self) -> None:
        headers = {"Cookie": self._cookie}
        self._socket = await connect(
            self._url, additional_headers=headers, origin=self._origin, compression=None  # type: ignore[arg-type]
        )  # fmt: skip
        await self._socket.send(json.dumps({"type": "open", "conversation": str(self._conversation)}))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def ask(self) -> Reading:
        """Asks once and reads to the end."""
        assert self._socket is not None
        began = time.perf_counter()
        request = {"type": "send", "request": str(uuid4()), "conversation": str(self._conversation), "text": "Go on."}
        await self._socket.send(json.dumps(request))
        streams: dict[int, UUID] = {}
        reading = Reading(0.0, [], 0, "")
        async with asyncio.timeout(SECONDS):
            while True:
                frame = await self._socket.recv()
                now = time.perf_counter()
                reading.octets += len(frame)
                if isinstance(frame, bytes) and frame[0] != 0:
                    self._delta(frame, streams, reading, began, now)
                    continue
                event = json.loads(frame if isinstance(frame, str) else zlib.decompress(frame[1:]))
                if event["type"] == "generation.stream":
                    streams[event["stream"]] = UUID(event["generation"])
                    reading.text = event["text"]
                elif event["type"] == "error":
                    raise AssertionError(event)
                elif event["type"] == "generation.finished":
                    assert event["length"] == len(reading.text), (event["length"], len(reading.text))
                    return reading

    def _delta(self, frame: bytes, streams: dict[int, UUID], reading: Reading, began: float, now: float) -> None:
        at, offset, shift = 1, 0, 0
        while True:
            offset |= (frame[at] & 0x7F) << shift
            shift += 7
            at += 1
            if frame[at - 1] < 0x80:
                break
        text = frame[at:].decode()
        assert offset == len(reading.text), (offset, len(reading.text))
        if not reading.text:
            reading.first = now - began
        sent = self._clock.sent[streams[frame[0]]]
        reading.latencies.extend(now - sent[n] for n in range(offset // WIDTH, (offset + len(text)) // WIDTH))
        reading.text += text
