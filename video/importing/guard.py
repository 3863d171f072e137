"""The one way out of whoever fetches videos: a proxy on this machine, for one client that knows its secret. Each address that a name has is
looked up once and checked, and the connection goes to the very address that was checked, whatever redirects or playlists led there.
"""

import base64
import contextlib
import hmac
import logging
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from meatlizard.security.addresses import is_public
from meatlizard.security.fetch import resolve

log = logging.getLogger(__name__)

PIECE = 65_536
MOST_HEAD = 65_536
MOST_CLIENTS = 64
HEAD_SECONDS = 20.0
CONNECT_SECONDS = 15.0
IDLE_SECONDS = 60.0
PORTS = frozenset({80, 443})


class Refused(Exception):
    """``status`` of HTTP for the client."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Guard:
    """``most``: bytes that may come in all. ``resolve``, ``allowed`` and ``ports`` are for tests: no setting and no request reaches them."""

    def __init__(
        self, most: int, *, resolve: Callable[[str, int], Sequence[str]] = resolve, allowed: Callable[[str], bool] = is_public,
        ports: Callable[[int], bool] = PORTS.__contains__,
    ) -> None:  # fmt: skip
        self._left, self._resolve, self._allowed, self._ports = most, resolve, allowed, ports
        self._secret = secrets.token_urlsafe(24)
        self._lock, self._turns = threading.Lock(), threading.BoundedSemaphore(MOST_CLIENTS)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = False
        self.refused = 0
        """Connections that were not made."""

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://guard:{self._secret}@127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator["Guard"]:
        thread = threading.Thread(target=self._accept, daemon=True, name="video guard")
        thread.start()
        try:
            yield self
        finally:
            self._over = True
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            thread.join(5)

    def _accept(self) -> None:
        while not self._over:
            try:
                client, _address = self._listening.accept()
            except OSError:
                return
            if not self._turns.acquire(blocking=False):
                client.close()
                continue
            threading.Thread(target=self._served, args=(client,), daemon=True, name="video guard client").start()

    def _served(self, client: socket.socket) -> None:
        try:
            with client:
                self._serve(client)
        except (OSError, ValueError):
            # One of the two went away.
            pass
        finally:
            self._turns.release()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(HEAD_SECONDS)
        try:
            head, rest = _head(client)
            first, lines = _read(head)
            self._check_secret(lines)
            method, target, version = first
            if method == "CONNECT":
                host, port = _split(target, 443)
                with self._connected(host, port) as server:
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    self._pipe(client, server, rest)
                return
            parts = urlsplit(target)
            if parts.scheme != "http" or not parts.hostname:
                raise Refused("400 Bad Request")
            with self._connected(parts.hostname, parts.port or 80) as server:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                kept = [line for line in lines if line.partition(":")[0].strip().lower() not in _HOP]
                whole = "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close", "", ""])
                server.sendall(whole.encode("latin-1"))
                self._pipe(client, server, rest)
        except Refused as refusal:
            with self._lock:
                self.refused += 1
            client.sendall(f"HTTP/1.1 {refusal.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def _check_secret(self, lines: list[str]) -> None:
        """Others on this machine are not served."""
        wanted = "Basic " + base64.b64encode(f"guard:{self._secret}".encode()).decode()
        given = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("proxy-authorization:")]
        if len(given) != 1 or not hmac.compare_digest(given[0].encode("latin-1"), wanted.encode()):
            raise Refused("407 Proxy Authentication Required")

    def _connected(self, host: str, port: int) -> socket.socket:
        if not self._ports(port):
            raise Refused("403 Forbidden")
        try:
            found = list(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError):
            raise Refused("502 Bad Gateway") from None
        # One that is not public is enough: such a name is no accident.
        if not found or not all(map(self._allowed, found)):
            log.warning("video.import_refused", extra={"port": port})
            raise Refused("403 Forbidden")
        for address in found[:4]:
            with contextlib.suppress(OSError):
                return socket.create_connection((address, port), CONNECT_SECONDS)
        raise Refused("502 Bad Gateway")

    def _pipe(self, client: socket.socket, server: socket.socket, rest: bytes) -> None:
        if rest:
            server.sendall(rest)
        heard = time.monotonic()
        client.settimeout(IDLE_SECONDS)
        server.settimeout(IDLE_SECONDS)
        while not self._over:
            ready, _w, _x = select.select([client, server], [], [], 1.0)
            if not ready and time.monotonic() - heard > IDLE_SECONDS:
                return
            for one in ready:
                heard = time.monotonic()
                piece = one.recv(PIECE)
                if not piece:
                    return
                if one is server:
                    self._count(len(piece))
                (client if one is server else server).sendall(piece)

    def _count(self, size: int) -> None:
        with self._lock:
            self._left -= size
            if self._left < 0:
                self._over = True
                raise OSError("more than may come")


_HOP = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive", "te", "upgrade"})


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        if len(data) > MOST_HEAD:
            raise Refused("431 Request Header Fields Too Large")
        piece = client.recv(PIECE)
        if not piece:
            raise OSError("it went away")
        data += piece
    head, _end, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _read(head: bytes) -> tuple[tuple[str, str, str], list[str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise Refused("400 Bad Request")
    return (parts[0].upper(), parts[1], parts[2]), lines


def _split(target: str, usual: int) -> tuple[str, int]:
    parts = urlsplit(f"//{target}")
    try:
        host, port = parts.hostname, parts.port or usual
    except ValueError:
        raise Refused("400 Bad Request") from None
    if not host:
        raise Refused("400 Bad Request")
    return host, port
