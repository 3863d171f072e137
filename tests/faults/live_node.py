"""A node over a real websocket to a live site: the real wire, and an engine that answers as it is told."""

import asyncio
import base64
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from inference_client.protocol import versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import MESSAGE
from inference_client.protocol.handshake import ClientHandshake
from inference_client.protocol.messages import (
    BlobPart,
    Delta,
    Deltas,
    Drop,
    Finished,
    Generate,
    Heartbeat,
    Hello,
    Stop,
    Welcome,
    encode,
    from_site,
)
from inference_client.protocol.vocabulary import ModelInfo, Schema, Usage
from tests.services.site import LiveSite

SECONDS = 20.0
HEARTBEAT_SECONDS = 2.0
USAGE = Usage(prompt_tokens=3, completion_tokens=2, prompt_seconds=0.01, completion_seconds=0.02)


class LiveNode:
    """``answer`` maps a question to its answer, ``think`` to what is thought before it, both sent ``step`` characters at a time,
    every ``pause`` seconds.

    ``address`` is what the site is told by a trusted proxy: failed handshakes are counted by address.
    """

    def __init__(
        self, site: LiveSite, site_public: bytes, key: X25519PrivateKey, answer: Callable[[str], str] = str.upper,
        *, step: int = 60, pause: float = 0.02, slots: int = 20, address: str = "",
        think: Callable[[str], str] = lambda question: "",
    ) -> None:  # fmt: skip
        self.url = f"ws://127.0.0.1:{site.port}/ws/inference/"
        self.answer, self.think, self.step, self.pause, self.slots = answer, think, step, pause, slots
        self.aliases: tuple[str, ...] = ("tiny",)
        self.thinks: Literal["none", "boolean", "level"] = "none"
        self.sees = self.calls = False
        self.blobs: dict[str, bytearray] = {}
        self.handshake = ClientHandshake(key, site_public)
        self.headers = {"X-Forwarded-For": address} if address else {}
        self._streams: dict[UUID, asyncio.Task[None]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "LiveNode":
        """Connects; ``shake`` and ``hello`` follow."""
        self.link: ClientConnection = await connect(
            self.url,
            subprotocols=[Subprotocol(name) for name in versions.offer()],
            additional_headers=self.headers,
            max_size=None,
            proxy=None,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for task in (self._reader, *self._streams.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.link.close()

    async def shake(self) -> SecureChannel:
        await self.link.send(self.handshake.hello())
        async with asyncio.timeout(SECONDS):
            answer = await self.link.recv()
        assert isinstance(answer, bytes)
        self.channel = self.handshake.finish(answer, time.monotonic())
        return self.channel

    async def hello(self) -> None:
        """Handshake and greeting; from here on it works."""
        await self.shake()
        models = tuple(
            ModelInfo(
                alias=alias,
                context_length=2048,
                slots=self.slots,
                thinking=self.thinks,
                vision=self.sees,
                tools=self.calls,
            )
            for alias in self.aliases
        )
        await self.say(Hello(client_version="1", platform="test", backend="cpu", models=models))
        async with asyncio.timeout(SECONDS):
            while not isinstance(await self._next(), Welcome):
                pass
        self._reader = asyncio.create_task(self._work())

    async def say(self, message: Schema) -> None:
        for frame in self.channel.seal(MESSAGE, encode(message)):
            await self.link.send(frame)

    async def closed(self) -> int:
        """The code with which the site ends the link."""
        async with asyncio.timeout(SECONDS):
            await self.link.wait_closed()
        assert self.link.close_code is not None
        return self.link.close_code

    async def _next(self) -> object:
        while True:
            frame = await self.link.recv()
            assert isinstance(frame, bytes)
            message = self.channel.open(frame)
            for answer in self.channel.take_pending():
                await self.link.send(answer)
            if message is not None:
                return from_site(message.payload)

    async def _work(self) -> None:
        """Answers until cancelled, with a heartbeat whenever the site was silent."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    message = await self._next()
            except TimeoutError:
                await self.say(Heartbeat(running=tuple(pk for pk, task in self._streams.items() if not task.done())))
                continue
            if isinstance(message, Generate):
                self._streams[message.generation] = asyncio.create_task(self._stream(message))
            elif isinstance(message, BlobPart):
                self.blobs.setdefault(message.blob, bytearray()).extend(base64.b64decode(message.data))
            elif isinstance(message, Stop | Drop) and message.generation in self._streams:
                self._streams.pop(message.generation).cancel()

    async def _stream(self, job: Generate) -> None:
        question = job.messages[-1].content
        thought = self.think(question)
        text, at = thought + self.answer(question), len(job.prefix)
        while at < len(text):
            thinking = at < len(thought)
            end = min(at + self.step, len(thought) if thinking else len(text))
            await self.say(Deltas(items=(Delta(g=job.generation, e=job.epoch, o=at, x=text[at:end], t=thinking),)))
            at = end
            await asyncio.sleep(self.pause)
        end_of_it = Finished(
            generation=job.generation, epoch=job.epoch, reason="stop", length=len(text), thinking=len(thought),
            usage=USAGE,
        )  # fmt: skip
        await self.say(end_of_it)
