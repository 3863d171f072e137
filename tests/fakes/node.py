"""A node that speaks the real wire and says what a test tells it to, for tests of the site's end.

It is strict: whatever the site sends must open, parse and fit the order of things, or the test fails.
"""

import base64
import hashlib
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

from channels.testing import WebsocketCommunicator
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol import keys, versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import MESSAGE
from inference_client.protocol.handshake import ClientHandshake
from inference_client.protocol.messages import (
    BLOB_PART,
    Ack,
    BlobPart,
    Delta,
    Deltas,
    Embed,
    Finished,
    FromSite,
    Generate,
    Held,
    Hello,
    Paint,
    Transcribe,
    Welcome,
    encode,
    from_site,
)
from inference_client.protocol.vocabulary import Kind, ModelInfo, Schema, Usage

M = TypeVar("M")
Job = Generate | Embed | Transcribe | Paint
SECONDS = 10.0


class FakeNode:
    """``key`` is its identity. Use as an async context manager around one connection to a consumer."""

    def __init__(self, application: Any, server_public: bytes, key: X25519PrivateKey, **scope: Any) -> None:
        self.key = key
        self.public = keys.public_bytes(key)
        self.communicator = WebsocketCommunicator(application, "/ws/inference/", subprotocols=versions.offer())
        self.communicator.scope.update({"client": ("127.0.0.1", 1234), **scope})
        self._handshake = ClientHandshake(key, server_public)
        self.channel: SecureChannel | None = None
        self.generate: dict[UUID, Generate] = {}
        self.blobs: dict[str, bytearray] = {}

    async def __aenter__(self) -> "FakeNode":
        connected, _ = await self.communicator.connect(timeout=SECONDS)
        assert connected
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.communicator.disconnect(timeout=SECONDS)

    async def shake(self) -> None:
        await self.communicator.send_to(bytes_data=self._handshake.hello())
        answer = await self.communicator.receive_from(timeout=SECONDS)
        self.channel = self._handshake.finish(answer, time.monotonic())

    async def hello(
        self,
        *aliases: str,
        slots: int = 4,
        holding: tuple[Held, ...] = (),
        kind: Kind = "chat",
        tools: bool = False,
        **more: ModelInfo,
    ) -> Welcome:
        """Offers ``aliases``, all of ``kind``, and what ``more`` names."""
        await self.shake()
        named = [
            ModelInfo(alias=alias, context_length=2048, slots=slots, kind=kind, tools=tools)
            for alias in aliases or ("tiny",)
        ]
        models = (*named, *more.values())
        await self.say(Hello(client_version="1", platform="test", backend="cpu", models=models, holding=holding))
        return await self.hear(Welcome)

    async def say(self, message: Schema, kind: int = MESSAGE) -> None:
        assert self.channel is not None
        for frame in self.channel.seal(kind, encode(message)):
            await self.communicator.send_to(bytes_data=frame)

    async def next(self) -> FromSite:
        assert self.channel is not None
        while True:
            frame = await self.communicator.receive_from(timeout=SECONDS)
            message = self.channel.open(frame)
            if message is not None:
                said = from_site(message.payload)
                if isinstance(said, BlobPart):
                    self._keep(said)
                elif isinstance(said, Transcribe):
                    data = bytes(self.blobs[said.blob])
                    assert hashlib.sha256(data).hexdigest() == said.blob, "a job before all its bytes"
                return said

    def _keep(self, part: BlobPart) -> None:
        data = base64.b64decode(part.data, validate=True)
        assert len(data) <= BLOB_PART
        if part.offset == 0:
            self.blobs[part.blob] = bytearray()
        assert len(self.blobs[part.blob]) == part.offset, "parts out of order"
        self.blobs[part.blob] += data
        assert len(self.blobs[part.blob]) <= part.total

    async def hear(self, kind: type[M]) -> M:
        """The next message of this kind; acks and parts of blobs in between are passed over, anything else fails the test."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message
            assert isinstance(message, Ack | BlobPart), f"{message!r} instead of {kind.__name__}"

    async def text(self, job: Job, offset: int, text: str, thinking: bool = False) -> None:
        await self.say(Deltas(items=(Delta(g=job.generation, e=job.epoch, o=offset, x=text, t=thinking),)))

    async def finish(self, job: Job, length: int = 0, reason: str = "stop", **more: Any) -> None:
        """``more``: ``thinking``, ``tool_calls``."""
        usage = Usage(prompt_tokens=3, completion_tokens=2, prompt_seconds=0.01, completion_seconds=0.02)
        values = {"generation": job.generation, "epoch": job.epoch, "reason": reason, "length": length, "usage": usage}
        await self.say(Finished.model_validate({**values, **more}))

    async def send_blob(self, data: bytes, part: int = BLOB_PART) -> str:
        """Sends the bytes of an image; returns what to call them."""
        name = hashlib.sha256(data).hexdigest()
        for at in range(0, len(data), part):
            piece = base64.b64encode(data[at : at + part]).decode()
            await self.say(BlobPart(blob=name, offset=at, total=len(data), data=piece))
        return name

    async def closed(self) -> int:
        """The close code with which the site ended the link; messages before it are passed over."""
        while True:
            event = await self.communicator.receive_output(timeout=SECONDS)
            if event["type"] == "websocket.close":
                return int(event["code"])


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = SECONDS) -> None:
    """Waits until ``condition`` holds; fails after ``seconds``."""
    import asyncio

    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)
