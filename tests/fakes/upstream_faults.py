"""What a server of :mod:`tests.fakes.upstream` does to a request instead of answering it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


class Speaker(Protocol):
    """The part of the server that writes HTTP."""

    async def send(
        self, writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str], content: bytes
    ) -> None: ...

    def begin_stream(self, writer: asyncio.StreamWriter, kind: str = ...) -> None: ...

    def chunk(self, writer: asyncio.StreamWriter, piece: bytes) -> None: ...


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Json:
        return json.loads(self.content)


Exchange = Callable[[Speaker, Request, asyncio.StreamWriter], Awaitable[None]]


def answers(status: int, body: object = "", **headers: str) -> Exchange:
    """A whole answer; ``body`` bytes or text as they are, else JSON. ``retry_after`` becomes ``Retry-After``."""

    async def exchange(server: Speaker, request: Request, writer: asyncio.StreamWriter) -> None:
        content = (
            body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        )
        lines = {"content-type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
        await server.send(writer, status, lines, content)

    return exchange


def streams(*pieces: bytes, end: bool = True) -> Exchange:
    """A stream of raw bytes. ``end``: closed as HTTP wants it, else cut."""

    async def exchange(server: Speaker, request: Request, writer: asyncio.StreamWriter) -> None:
        server.begin_stream(writer)
        for piece in pieces:
            server.chunk(writer, piece)
        if end:
            writer.write(b"0\r\n\r\n")
        await writer.drain()

    return exchange


def hangs(*pieces: bytes, headers: bool = True) -> Exchange:
    """Says ``pieces`` of a stream, then nothing more until the other side leaves. ``headers`` off: not even a status."""

    async def exchange(server: Speaker, request: Request, writer: asyncio.StreamWriter) -> None:
        if headers:
            server.begin_stream(writer)
            for piece in pieces:
                server.chunk(writer, piece)
            await writer.drain()
        await asyncio.Event().wait()

    return exchange


def raw(content: bytes) -> Exchange:
    """Bytes that may be no HTTP at all, then the end."""

    async def exchange(server: Speaker, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return exchange


def event(body: object) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def delta(text: str = "", finish: str | None = None, **more: Any) -> bytes:
    """One event of a chat completion."""
    content: Json = {"content": text} if text else {}
    choice = {"index": 0, "delta": content | more, "finish_reason": finish}
    return event({"object": "chat.completion.chunk", "choices": [choice]})


DONE = b"data: [DONE]\n\n"
