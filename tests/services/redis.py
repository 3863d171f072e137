"""A Redis server of the suite's own, without persistence."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.services.programs import Program, find, free_port, new_folder, wait_until


def installed() -> bool:
    return find("redis-server", "valkey-server") is not None


class RedisServer:
    """``url(number)`` is the REDIS_URL of one of its sixteen databases."""

    program: Program

    def __init__(self, port: int, start: Callable[[], Program] | None = None) -> None:
        self.port = port
        self._start = start

    def start(self) -> None:
        """Starts it, again after a kill: empty."""
        assert self._start is not None
        self.program = self._start()
        wait_until(self.answers, "Redis answers", 15, alive=self.program)

    def url(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"

    def command(self, *words: str) -> bytes:
        """Sends one command in the line protocol and returns the first reply line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
            link.sendall(" ".join(words).encode() + b"\r\n")
            return link.makefile("rb").readline().strip()

    def answers(self) -> bool:
        try:
            return self.command("PING") == b"+PONG"
        except OSError:
            return False


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Runs a new server on 127.0.0.1 until the block ends."""
    program_path = find("redis-server", "valkey-server")
    assert program_path, "ask installed() first"
    home = new_folder("redis")
    port = free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(home),
    ]
    server = RedisServer(port, lambda: Program("Redis", [program_path, *options], home / "log", cwd=home))
    try:
        server.start()
        yield server
    finally:
        server.program.stop()
        shutil.rmtree(home, ignore_errors=True)
