"""What a hostile site answers with: more than anybody wants, slower than anybody waits, packed until it is a bomb."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meatlizard.security.fetch import MOST, Fetcher, Unreachable
from tests.fakes.web_site import Canary, page, serving

ZEROS = 60_000_000
"""Bytes that a bomb unpacks to."""

BROTLI_BOMB = bytes.fromhex("1b") + b"\xff" * 4_000
ZSTD_BOMB = bytes.fromhex("28b52ffd") + b"\x00" * 4_000


@pytest.fixture
def site() -> Iterator[Canary]:
    with serving(Canary()) as made:
        yield made


def fetch(site: Canary, **more: Any) -> bytes:
    fetcher = Fetcher(
        resolve=lambda host, port: ["127.0.0.1"], allowed=lambda address: True, ports=lambda scheme, port: True, **more
    )
    return fetcher.get(f"http://site.test:{site.port}/").body


def bomb(layers: int = 1) -> bytes:
    packed = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    data = b"".join(packed.compress(b"\0" * 1_000_000) for _ in range(ZEROS // 1_000_000)) + packed.flush()
    for _ in range(layers - 1):
        data = gzip.compress(data)
    return data


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_a_bomb_goes_off_in_no_more_than_there_is_room(site: Canary, coding: str) -> None:
    site.pages["/"] = page(bomb(), Content_Encoding=coding)
    tracemalloc.start()
    try:
        with pytest.raises(Unreachable, match="larger"):
            fetch(site, seconds=30)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10 * MOST


def test_a_bomb_of_deflate_too(site: Canary) -> None:
    site.pages["/"] = page(zlib.compress(b"\0" * 20_000_000), Content_Encoding="deflate")
    with pytest.raises(Unreachable, match="larger"):
        fetch(site, seconds=30)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", BROTLI_BOMB), ("zstd", ZSTD_BOMB), ("compress", b"x"), ("gzip, gzip", bomb(2)), ("gzip,br", BROTLI_BOMB), ("deflate, gzip", b"x"),
        ("identity, gzip", b"x"), ("chunked", b"x"), ("dcb", b"x"), ("\xff", b"x"),
    ],
)  # fmt: skip
def test_what_we_cannot_unpack_within_bounds_is_not_unpacked_at_all(site: Canary, coding: str, body: bytes) -> None:
    """We ask for gzip and deflate alone; who sends something else breaks the rule, and gets nothing for it."""
    site.pages["/"] = page(body, Content_Encoding=coding)
    with pytest.raises(Unreachable, match="cannot be read"):
        fetch(site)


def test_a_packed_answer_that_ends_early_or_goes_on_is_taken_for_what_it_holds(site: Canary) -> None:
    whole = gzip.compress(b"words " * 1_000)
    site.pages["/"] = page(whole + b"garbage" * 100, Content_Encoding="gzip")
    assert fetch(site) == b"words " * 1_000
    site.pages["/"] = page(whole[: len(whole) // 2], Content_Encoding="gzip")
    assert (b"words " * 1_000).startswith(fetch(site))


def raw(talk: Callable[[socket.socket, threading.Event], None], seconds: float) -> float:
    """Fetches from a server that says what ``talk`` says; how long it took to be refused."""
    over = threading.Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                try:
                    line.recv(65_536)
                    talk(line, over)
                except OSError:
                    return

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        fetcher = Fetcher(
            resolve=lambda host, port: ["127.0.0.1"],
            allowed=lambda address: True,
            ports=lambda scheme, port: True,
            seconds=seconds,
        )
        began = time.monotonic()
        with pytest.raises(Unreachable):
            fetcher.get(f"http://site.test:{listening.getsockname()[1]}/")
        took = time.monotonic() - began
        over.set()
        server.join(10)
    return took


def drips(piece: bytes, before: bytes = b"") -> Callable[[socket.socket, threading.Event], None]:
    def talk(line: socket.socket, over: threading.Event) -> None:
        line.sendall(before)
        while not over.wait(0.02):
            line.sendall(piece)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        drips(b"x"), drips(b"a", b"HTTP/1.1 200 OK\r\nX: "), drips(b"A: b\r\n", b"HTTP/1.1 200 OK\r\n"), drips(b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"), drips(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        drips(b"", b""), drips(b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
    ],
    ids=["no status line", "a header that never ends", "headers without end", "continue for ever", "a slow body", "slow chunks", "silence", "silence within the body"],
)  # fmt: skip
def test_who_is_slow_gets_no_more_time(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    # Generous, for busy machines; without the bound none of these would ever end.
    assert raw(talk, 0.4) < 20


def floods(piece: bytes, before: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def talk(line: socket.socket, over: threading.Event) -> None:
        line.sendall(before)
        while not over.is_set():
            line.sendall(piece)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        floods(b"A: " + b"b" * 1_000 + b"\r\n", b"HTTP/1.1 200 OK\r\n"), floods(b"x" * 10_000, b"HTTP/1.1 200 OK\r\nX: "), floods(b"x" * 10_000, b""),
        floods(b"x" * 10_000, b"HTTP/1.1 200 OK\r\n\r\n"), floods(b"x" * 10_000, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        floods(b"2710\r\n" + b"x" * 10_000 + b"\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        floods(b"x" * 10_000, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
    ],
    ids=["headers", "one header", "no head", "a body", "a body of known length", "chunks", "a chunk"],
)  # fmt: skip
def test_who_sends_too_much_is_hung_up_on(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    assert raw(talk, 30) < 30


@pytest.mark.parametrize(
    "said",
    [
        b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"+OK\r\n", b"HTTP/1.1 -1 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nA b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"\x16\x03\x01\x00\x00", b"HTTP/1.1 101 Switching Protocols\r\n\r\n",  b"HTTP/1.1 200 OK\r\nX: a\r\n\x00b: c\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_answer_of_the_web_is_said(said: bytes) -> None:
    raw(lambda line, over: line.sendall(said), 20)
