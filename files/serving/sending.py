"""Bytes of a content on their way out: bounded memory, no faster than the reader takes them, and an end when the reader is gone."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import IO, Any, Final, Protocol, TypeAlias

from files.asgi.asked import Disconnected
from files.serving.answers import Answer

PIECE: Final = 524_288
STALLED_SECONDS: Final = 120.0
"""A reader that takes no piece for so long is gone, whatever its connection says."""

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="content")
_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0)
_NOT_AT_ONCE: Final = frozenset({errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


Bytes: TypeAlias = "AsyncIterator[bytes | bytearray | memoryview]"
"""Whatever holds bytes: a server takes it as it is, without a copy."""


class Cut(Exception):
    """The answer cannot be finished as it was announced: the connection has to break, or the reader would take it for whole."""


class Source(Protocol):
    """Where the bytes come from."""

    def pieces(self, start: int, stop: int) -> Bytes: ...

    async def close(self) -> None: ...


class LocalFile:
    """A file on this machine. What the system holds in memory is read at once, the rest in a thread."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    async def pieces(self, start: int, stop: int) -> Bytes:
        while start < stop:
            wanted = min(PIECE, stop - start)
            piece: bytes | bytearray | memoryview = self._at_once(start, wanted)
            if not piece:
                piece = await asyncio.get_running_loop().run_in_executor(
                    _threads, os.pread, self._descriptor, wanted, start
                )
            if not piece:
                raise Cut("the file is shorter than it was")
            start += len(piece)
            yield piece

    def _at_once(self, start: int, wanted: int) -> "bytearray | memoryview":
        """Empty when the disk would have to be waited for, or nobody can tell."""
        room = bytearray(wanted if _NOWAIT else 0)
        try:
            found = os.preadv(self._descriptor, [room], start, _NOWAIT) if _NOWAIT else 0
        except OSError as problem:
            if problem.errno not in _NOT_AT_ONCE:
                raise
            found = 0
        return room if found == wanted else memoryview(room)[:found]

    async def close(self) -> None:
        # Not while a thread reads from it: the number might be another file's by then.
        descriptor, self._descriptor = self._descriptor, -1
        await asyncio.get_running_loop().run_in_executor(_threads, os.close, descriptor)


class Stored:
    """A content that lies elsewhere, opened to be read and sought in; each step is done in a thread."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def pieces(self, start: int, stop: int) -> Bytes:
        run = asyncio.get_running_loop().run_in_executor
        await run(_threads, self._file.seek, start)
        while start < stop:
            piece = await run(_threads, self._file.read, min(PIECE, stop - start))
            if not piece:
                raise Cut("the content is shorter than it was")
            start += len(piece)
            yield piece

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(_threads, self._file.close)


class Reader(Protocol):
    """Who gets the bytes."""

    async def write(self, body: Any, *, more: bool = True) -> None: ...

    async def gone(self) -> None:
        """Returns when nobody reads any more."""


async def send(answer: Answer, source: Source | None, reader: Reader) -> int:
    """Sends the body of ``answer``; how many bytes of it the server took. Raises Cut for what broke on our side, Disconnected
    for a reader who has stopped reading.

    Returns early, with less than was announced, when the reader has gone: servers swallow what is written to nobody, and a large file
    would be read to its end for that.
    """
    left = sum(len(one) if isinstance(one, bytes) else one.size for one in answer.body)
    sent = 0
    gone = asyncio.ensure_future(reader.gone())
    try:
        if left == 0:
            await reader.write(b"", more=False)
        async with aclosing(_body(answer, source)) as pieces:
            async for piece in pieces:
                # Looked at after each piece was read, which may have taken long.
                if gone.done():
                    return sent
                left -= len(piece)
                async with asyncio.timeout(STALLED_SECONDS):
                    await reader.write(piece, more=left > 0)
                if gone.done() and left:
                    return sent
                sent += len(piece)
    except TimeoutError as problem:
        raise Disconnected from problem
    except OSError as problem:
        raise Cut("the content could not be read") from problem
    finally:
        gone.cancel()
    return sent


async def _body(answer: Answer, source: Source | None) -> "AsyncGenerator[bytes | bytearray | memoryview]":
    for one in answer.body:
        if isinstance(one, bytes):
            yield one
            continue
        assert source is not None
        async for piece in source.pieces(one.start, one.stop):
            yield piece
