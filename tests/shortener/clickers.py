"""Many browsers that open short links at a live server over kept connections, and note how each was answered. Little code of their own runs
for a click, so that a bench measures the server."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]*)", re.IGNORECASE)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@dataclass
class Answers:
    """``times``: when each was answered (``time.time``); ``latencies`` in seconds; ``locations`` of redirects."""

    times: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    locations: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0

    @property
    def redirects(self) -> int:
        return sum(count for status, count in self.statuses.items() if 300 <= status < 400)


class _Connection(asyncio.Protocol):
    """One answer at a time."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._buffer = b""
        self._sent = 0.0
        self._waiting: asyncio.Future[bool] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def ask(self, request: bytes) -> "asyncio.Future[bool]":
        """True when it is answered, False when the server is gone."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            waiting.set_result(False)
            return waiting
        self._waiting, self._sent = waiting, time.perf_counter()
        self._transport.write(request)
        return waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        whole = len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
        if not whole:
            return
        self._buffer = b""
        answers = self._answers
        answers.latencies.append(time.perf_counter() - self._sent)
        answers.times.append(time.time())
        answers.statuses[int(head[9:12])] += 1
        if place := _LOCATION.search(head):
            answers.locations[place[1].decode("latin-1")] += 1
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(True)

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._answers.cut_off += 1
            self._waiting.set_result(False)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def request_for(path: str, host: str, agent: str = AGENT) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {agent}",
        "Accept-Language: en-US,en;q=0.5",
        "Accept: */*",
    )
    return "\r\n".join((*lines, "", "")).encode()


async def click(
    port: int, requests: Callable[[int], bytes], count: int, connections: int = 32, a_second: float = 0.0
) -> Answers:
    """``requests(n)`` is the nth request of ``count``; with ``a_second`` they are sent at that rate, and otherwise as fast as they are
    answered. Ends early when the server is gone."""
    answers = Answers()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sent = 0

    async def one() -> None:
        nonlocal sent
        _transport, connection = await loop.create_connection(lambda: _Connection(answers), "127.0.0.1", port)
        try:
            while sent < count:
                number = sent
                sent += 1
                if a_second and (pause := begun + number / a_second - loop.time()) > 0:
                    await asyncio.sleep(pause)
                if not await connection.ask(requests(number)):
                    return
        finally:
            connection.close()

    await asyncio.gather(*(one() for _place in range(connections)))
    return answers
