"""A little Internet for the guarded fetcher: one public machine, which a site of this test plays, and listeners on this machine that must
hear nothing. The rule about addresses is the real one; only the way to the public machine is bent.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from meatlizard.security.addresses import is_public
from tests.fakes.web_site import Canary, serving

PUBLIC = "93.184.216.34"
"""Where the site of the tests seems to stand."""


class Listeners:
    """Take connections on all loopback addresses, of both kinds, and note each."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._sockets: list[socket.socket] = []
        first = self._listen(socket.AF_INET, "0.0.0.0", 0)
        self.port = int(first.getsockname()[1])
        if socket.has_ipv6:
            try:
                self._listen(socket.AF_INET6, "::", self.port)
            except OSError:
                # A machine without the new kind of addresses cannot be reached by one.
                pass
        self._threads = [threading.Thread(target=self._take, args=(one,), daemon=True) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _listen(self, family: int, address: str, port: int) -> socket.socket:
        made = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(50)
        self._sockets.append(made)
        return made

    def _take(self, listening: socket.socket) -> None:
        while True:
            try:
                taken, who = listening.accept()
            except OSError:
                return
            self.heard.append(str(who))
            taken.close()

    def check(self) -> None:
        """Comes after whoever else came: a connection of our own is heard, and no other was."""
        before = len(self.heard)
        assert before == 0, self.heard
        with socket.socket() as last:
            last.settimeout(10)
            last.connect(("127.0.0.1", self.port))
            assert last.recv(1) == b""
        assert len(self.heard) == 1
        self.heard.clear()

    def close(self) -> None:
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)


class Resolver:
    """A name server on this machine: each name has answers, given one after the other with a time to live of 0; the last one stays."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.asked: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            asked, who = self._socket.recvfrom(512)
            if asked == b"end":
                return
            self._socket.sendto(self._answer(asked), who)

    def _answer(self, asked: bytes) -> bytes:
        name, end = _name(asked, 12)
        (kind,) = struct.unpack(">H", asked[end : end + 2])
        self.asked.append((name, kind))
        rows = self.names.get(name, [])
        # Both kinds of addresses are one look-up: the answer moves on with the second question.
        found = (rows.pop(0) if len(rows) > 1 and kind == 28 else rows[0]) if rows else []
        family = {1: socket.AF_INET, 28: socket.AF_INET6}[kind]
        packed = [socket.inet_pton(family, one) for one in found if (":" in one) == (kind == 28)]
        head = asked[:2] + struct.pack(">HHHHH", 0x8180 if rows else 0x8183, 1, len(packed), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(one)) + one for one in packed)
        return head + asked[12 : end + 4] + answers

    def __call__(self, host: str, port: int) -> list[str]:
        """What the system's look-up does: numbers in every form that it takes, then the name server."""
        for family in (socket.AF_INET6, socket.AF_INET):
            try:
                return [socket.inet_ntop(family, socket.inet_pton(family, host.rstrip(".")))]
            except OSError:
                continue
        try:
            return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
        except OSError:
            pass
        if host.rstrip(".").lower() in ("localhost", "ip6-localhost"):
            return ["127.0.0.1", "::1"]
        return self._ask(host, 1) + self._ask(host, 28)

    def _ask(self, host: str, kind: int) -> list[str]:
        asked = b"\x12\x34" + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0)
        asked += b"".join(bytes([len(label)]) + label.encode() for label in host.rstrip(".").split(".")) + b"\x00"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(10)
            line.sendto(asked + struct.pack(">HH", kind, 1), self.address)
            told = line.recv(512)
        _, at = _name(told, 12)
        at += 4
        found = []
        for _ in range(struct.unpack(">H", told[6:8])[0]):
            length = struct.unpack(">H", told[at + 10 : at + 12])[0]
            packed = told[at + 12 : at + 12 + length]
            found.append(socket.inet_ntop(socket.AF_INET6 if length == 16 else socket.AF_INET, packed))
            at += 12 + length
        if told[3] & 15:
            raise socket.gaierror("no such name")
        return found

    def close(self) -> None:
        self._socket.sendto(b"end", self.address)
        self._thread.join(10)
        self._socket.close()


def _name(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1


class Network:
    """``tried``: every address that a connection was tried to, beside the public machine."""

    def __init__(self, site: Canary, listeners: Listeners, resolver: Resolver) -> None:
        self.site, self.listeners, self.resolver = site, listeners, resolver
        self.tried: list[str] = []
        resolver.names["site.test"] = [[PUBLIC]]

    def connect(self, real: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
        def create_connection(address: tuple[str, int], *arguments: Any, **more: Any) -> socket.socket:
            if address[0] == PUBLIC:
                return real(("127.0.0.1", self.site.port), *arguments, **more)
            if is_public(address[0]):
                # Some spellings of one address are another one's, somewhere in the world.
                raise OSError("no way out of this test")
            self.tried.append(address[0])
            return real(address, *arguments, **more)

        return create_connection

    def redirects_to(self, target: str, status: int = 302) -> str:
        """An address of the public site that leads to ``target``."""
        self.site.pages["/there"] = lambda visit: _redirect(visit, target, status)
        return "http://site.test/there"

    def check(self) -> None:
        """Nothing was tried, and nobody heard anything."""
        assert self.tried == []
        self.listeners.check()


def _redirect(visit: Any, target: str, status: int) -> None:
    visit.send_response(status)
    visit.send_header("Location", target)
    visit.send_header("Set-Cookie", "followed=1")
    visit.end_headers()


@contextmanager
def network() -> Iterator[Network]:
    with ExitStack() as life, pytest.MonkeyPatch.context() as patch:
        listeners, resolver = Listeners(), Resolver()
        life.callback(listeners.close)
        life.callback(resolver.close)
        made = Network(life.enter_context(serving(Canary())), listeners, resolver)
        patch.setattr(socket, "create_connection", made.connect(socket.create_connection))
        yield made
