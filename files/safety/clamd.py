"""clamd's socket: a content goes there in pieces (INSTREAM), and what was found comes back. Bounded in time; nothing is read but the answer.

The protocol is in clamd(8). A package would be as long, and those that there are wait for ever.
"""

import contextlib
import socket
import struct
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

SECONDS: Final = 120.0
"""For each step: connecting, a piece, the answer. A large archive is looked at for long after its last byte."""

PIECE: Final = 65_536
MOST_ANSWER: Final = 4_096


class NoAnswer(Exception):
    """Nobody answers there, or not in time. Another try may do."""


class Refused(Exception):
    """clamd is there and says that it cannot look at this: larger than its StreamMaxLength, or it broke on it."""


def scan(address: str, pieces: Iterable[bytes], *, seconds: float = SECONDS) -> str:
    """The name of what was found; empty when nothing was. ``address``: ``unix:///path`` or ``tcp://host:port``. Raises NoAnswer and Refused."""
    try:
        with contextlib.closing(_connected(address, seconds)) as link:
            link.sendall(b"zINSTREAM\0")
            # Who has heard enough answers and closes, in the middle: its answer counts, and not that it hears no more.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    for start in range(0, len(piece), PIECE):
                        part = piece[start : start + PIECE]
                        link.sendall(struct.pack(">L", len(part)) + part)
                link.sendall(struct.pack(">L", 0))
            return found_in(_answer(link))
    except (OSError, TimeoutError) as problem:
        raise NoAnswer(str(problem)) from problem


def version(address: str, *, seconds: float = 5.0) -> str:
    """What clamd says of itself and its signatures. Raises NoAnswer."""
    try:
        with contextlib.closing(_connected(address, seconds)) as link:
            link.sendall(b"zVERSION\0")
            return _answer(link)
    except (OSError, TimeoutError) as problem:
        raise NoAnswer(str(problem)) from problem


def found_in(answer: str) -> str:
    """``stream: OK``, ``stream: Name FOUND``, ``... ERROR``. Raises Refused, and NoAnswer for what is no answer of clamd's."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND") and said != answer:
        return said.removesuffix(" FOUND")[:200] or "?"
    if said.endswith("ERROR"):
        raise Refused(said[:200])
    raise NoAnswer(f"no answer of clamd: {answer[:200]!r}")


def _connected(address: str, seconds: float) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(seconds)
            link.connect(parts.path)
        except BaseException:
            link.close()
            raise
        return link
    return socket.create_connection((parts.hostname or "", parts.port or 3310), seconds)


def _answer(link: socket.socket) -> str:
    received = b""
    while not received.endswith((b"\0", b"\n")) and len(received) < MOST_ANSWER:
        piece = link.recv(MOST_ANSWER)
        if not piece:
            break
        received += piece
    return received.rstrip(b"\0\n").decode("utf-8", errors="replace")
