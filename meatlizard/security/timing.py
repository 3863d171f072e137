"""An end to all that is waited for: the steps of a connection, and the look-up of a name."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import httpcore


class Timed(httpcore.NetworkStream):
    """A connection of which every step ends with the time there is: one that drips a byte a second gets no more of it."""

    def __init__(self, stream: httpcore.NetworkStream, left: "Time") -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Timed(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@dataclass(frozen=True, slots=True)
class Time:
    """How long the next step may take: until the end of all time there is, and no longer than ``idle``."""

    deadline: float
    idle: float

    def __call__(self) -> float:
        return min(self.idle, left(self.deadline))


def left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds


def within(deadline: float, function: Callable[[str, int], Sequence[str]], host: str, port: int) -> Sequence[str]:
    """The system's look-up takes no time limit: it is left behind when it takes too long. Raises NotInTime."""
    future: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            future.set_result(function(host, port))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    return future.result(timeout=max(0.0, deadline - time.monotonic()))
