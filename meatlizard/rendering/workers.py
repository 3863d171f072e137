"""Starts the processes that render, asks them, and ends the one that takes too long."""

import atexit
import contextlib
import json
import logging
import os
import select
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

CHILD = Path(__file__).parent / "child.py"
START_SECONDS = 15.0
"""Added to the first request of a process, which imports what it needs."""


class TookTooLong(Exception):
    """It was not rendered in time, or broke what renders. The text is shown as it is."""


class Busy(TookTooLong):
    """Others were at it all the time: nothing is known of this text."""


class Worker:
    """A process, begun when it is needed; one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def render(self, text: str, format: str, mark: str, seconds: float) -> tuple[str, list[bytes]]:
        """Kind, and pieces packed by zlib. Raises TookTooLong, and Busy when others are at it for ``seconds``."""
        until = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise Busy
        try:
            fresh = self._process is None or self._process.poll() is not None
            process = self._start() if fresh or self._process is None else self._process
            request = json.dumps({"text": text, "format": format, "mark": mark}).encode()
            return _asked(process, struct.pack(">I", len(request)) + request, until + START_SECONDS * fresh)
        except (TookTooLong, OSError, struct.error) as error:
            self._end()
            log.warning("paste.not_rendered", extra={"format": format, "length": len(text)})
            raise TookTooLong from error
        except BaseException:
            # What is left of the answer must not be taken for the next one's.
            self._end()
            raise
        finally:
            self._lock.release()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(  # noqa: S603  (our own program, with a path of ours)
            [sys.executable, "-I", "-B", str(CHILD), str(settings.BASE_DIR)], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError):
                process.communicate(timeout=5)

    def close(self) -> None:
        with self._lock:
            self._end()


def _asked(process: "subprocess.Popen[bytes]", request: bytes, until: float) -> tuple[str, list[bytes]]:
    """Writes and reads in turns: a child that answers before it has read all must not make both wait."""
    assert process.stdin is not None and process.stdout is not None
    into, out = process.stdin.fileno(), process.stdout.fileno()
    unsent = memoryview(request)
    received = bytearray()
    parts: list[bytes] = []
    at = 0
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TookTooLong
        readable, writable, _ = select.select([out], [into] if unsent else [], [], left)
        if writable:
            unsent = unsent[os.write(into, unsent[:65_536]) :]
        if not readable:
            continue
        data = os.read(out, 1_048_576)
        if not data:
            raise TookTooLong
        received += data
        while len(received) - at >= 4:
            length = struct.unpack_from(">I", received, at)[0]
            if len(received) - at - 4 < length:
                break
            parts.append(bytes(received[at + 4 : at + 4 + length]))
            at += 4 + length
            if len(parts) > 1 and not length:
                return parts[0].decode(), parts[1:-1]


pages = Worker()
"""For who waits for a page."""

background = Worker()
"""For jobs, which may take their time and must not hold up pages."""

atexit.register(pages.close)
atexit.register(background.close)
