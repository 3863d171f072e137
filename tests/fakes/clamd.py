"""A clamd that is as strict as the real one: INSTREAM with lengths before pieces, a limit, an answer, and the ways in which it fails."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

HARMFUL = b"harmful-sample-of-the-tests"
NAME = "Test.Harmful.UNOFFICIAL"


class FakeClamd:
    """``how``: ``well``, ``mute`` (takes all and says nothing), ``garbage``, ``hangs_up`` (at once)."""

    def __init__(self, path: Path, limit: int = 1_000_000) -> None:
        self.address = f"unix://{path}"
        self.how = "well"
        self.limit = limit
        self.seen: list[bytes] = []
        self.faults: list[str] = []
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            # An accept that waits does not notice that the socket is closed.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                link, _address = self._listening.accept()
            except OSError:
                return
            with link:
                link.settimeout(10)
                with contextlib.suppress(OSError, EOFError):
                    self._talk(link)

    def _talk(self, link: socket.socket) -> None:
        if self.how == "hangs_up":
            return
        command = self._exactly(link, 10)
        if command == b"zVERSION\0":
            link.sendall(b"ClamAV 1.4.6/27000/fake\0")
            return
        if command != b"zINSTREAM\0":
            self.faults.append(f"not a command: {command!r}")
            link.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack(">L", self._exactly(link, 4))[0]:
            if len(content) + length > self.limit:
                link.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
            content += self._exactly(link, length)
        self.seen.append(content)
        if self.how == "mute":
            # Until the other end has given up.
            link.recv(1)
        elif self.how == "garbage":
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        else:
            link.sendall(b"stream: " + (f"{NAME} FOUND".encode() if HARMFUL in content else b"OK") + b"\0")

    def _exactly(self, link: socket.socket, size: int) -> bytes:
        received = b""
        while len(received) < size:
            piece = link.recv(size - len(received))
            if not piece or received + piece == b"zVERSION\0":
                return received + piece
            received += piece
        return received


@contextlib.contextmanager
def fake_clamd(folder: Path, limit: int = 1_000_000) -> Iterator[FakeClamd]:
    # A Unix socket's path may have 100 characters.
    running = FakeClamd(folder / "clamd", limit)
    try:
        yield running
    finally:
        running.close()
