"""A site of this machine that counts who comes, answers as it is told, and can misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

Server = TypeVar("Server", bound=ThreadingHTTPServer)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Canary(ThreadingHTTPServer):
    """A site on this machine. ``came`` is how many connections there were, ``asked`` what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        self._came = self._own = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.pages: dict[str, Callable[[Any], None]] = {}
        super().__init__(("127.0.0.1", 0), Visit)
        self.port = int(self.server_address[1])

    def get_request(self) -> Any:
        self._came += 1
        return super().get_request()

    @property
    def came(self) -> int:
        """Comes after whoever else came: connections are taken in their order, so that none is missed."""
        self._own += 1
        before = self._came
        with socket.create_connection(("127.0.0.1", self.port), 10) as last:
            last.sendall(b"GET /own HTTP/1.0\r\n\r\n")
            assert last.recv(1)
        assert self._came > before
        self.asked = [one for one in self.asked if one[0] != "/own"]
        return self._came - self._own

    def handle_error(self, *arguments: object) -> None:
        """Whoever fetches hangs up on what it does not want."""


class Visit(BaseHTTPRequestHandler):
    server: Canary  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.pages.get(self.path, page())(self)

    def log_message(self, *arguments: object) -> None:
        """Silent."""


def page(body: bytes = b"hello", status: int = 200, **headers: str) -> Callable[[Any], None]:
    def answer(visit: Any) -> None:
        visit.send_response(status)
        for name, value in headers.items():
            visit.send_header(name.replace("_", "-"), value)
        visit.end_headers()
        visit.wfile.write(body)

    return answer
