"""Recorded sessions: how the project's code plays one, and how the second reader does, each from keys and steps alone.

A session is a JSON object. ``steps`` are ``{"from", "type", "payload", "must_understand"}`` or ``{"rekey": true}``; a
payload is hex, or ``{"size": n}`` for n bytes counting up. ``frames`` are what then goes over the wire, in order:
``{"from", "frame"}`` with the frame's hex, or its SHA-256 above 1 KiB.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import ENROL
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from inference_client.protocol.keys import public_bytes
from inference_client.protocol.versions import Versions
from tests.protocol import reader

Session = dict[str, Any]
Wire = list[tuple[str, bytes]]


def payload(step: dict[str, Any]) -> bytes:
    given = step["payload"]
    return bytes.fromhex(given) if isinstance(given, str) else bytes(at % 251 for at in range(given["size"]))


def written(frame: bytes) -> str:
    return frame.hex() if len(frame) <= 1024 else hashlib.sha256(frame).hexdigest()


def private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def ephemerals(texts: list[str]) -> Callable[[], X25519PrivateKey]:
    supply = iter(texts)
    return lambda: private(next(supply))


def ours(session: Session) -> tuple[bytes, bytes, str, Wire, list[tuple[str, int, bytes]]]:
    """Played by the project: hello, answer, session id, frames, and the messages as the receivers opened them."""
    versions, site_key = Versions(*session["versions"]), private(session["site_static"])
    asking = ClientHandshake(
        private(session["client_static"]),
        public_bytes(site_key),
        versions=versions,
        path=session["path"],
        new_ephemeral=ephemerals(session["client_ephemerals"]),
    )
    answering = ServerHandshake(
        site_key, versions=versions, path=session["path"], new_ephemeral=ephemerals(session["site_ephemerals"])
    )
    hello = asking.hello()
    answering.read_hello(hello)
    answer, site = answering.answer(now=0.0, server_time=session["server_time"], enrolled=session["enrolled"])
    channels = {"client": asking.finish(answer, 0.0), "site": site}
    wire: Wire = []
    opened: list[tuple[str, int, bytes]] = []
    clock = 0.0
    for step in session["steps"]:
        if step.get("rekey"):
            clock += 3600.0
            channels["site"].tick(clock)
            carry("client", channels["client"].tick(clock), channels, wire, opened)
        else:
            carry(step["from"], sealed(step, channels[step["from"]]), channels, wire, opened)
    return hello, answer, site.session_id, wire, opened


def sealed(step: dict[str, Any], channel: SecureChannel) -> list[bytes]:
    if step["type"] == ENROL and step["from"] == "site":
        return channel.accept_enrolment(payload(step))
    return channel.seal(step["type"], payload(step), must_understand=step["must_understand"])


def carry(
    sender: str,
    frames: list[bytes],
    channels: dict[str, SecureChannel],
    wire: Wire,
    opened: list[tuple[str, int, bytes]],
) -> None:
    """Delivers ``frames`` at once, then whatever they make the receiver send by itself."""
    receiver = "site" if sender == "client" else "client"
    for frame in frames:
        wire.append((sender, frame))
        if message := channels[receiver].open(frame):
            opened.append((sender, *message))
    if answers := channels[receiver].take_pending():
        carry(receiver, answers, channels, wire, opened)


class Second:
    """The second reader's playing of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.client, self.site = map(iter, (session["client_ephemerals"], session["site_ephemerals"]))
        public = reader.x25519(bytes.fromhex(session["site_static"]))
        path = session["path"].encode()
        start = b"meatlizard-channel" + bytes(session["versions"]) + reader.sha(b"meatlizard-server-id" + public)[:16]
        self.hello, self.answer = self.shake(start + len(path).to_bytes(2, "big") + path, session["info"].encode())
        self.session_id = reader.sha(b"meatlizard-session" + self.h).hex()[:32]

    def shake(self, start: bytes, info: bytes) -> tuple[bytes, bytes]:
        names = {"Cs": self.session["client_static"], "Ss": self.session["site_static"]}
        names |= {"Ce": next(self.client), "Se": next(self.site)}
        keys = {name: bytes.fromhex(text) for name, text in names.items()}
        hello, answer, from_client, from_site, self.h = reader.handshake(start, keys, info)
        self.next_keys = {"client": from_client, "site": from_site}
        if not hasattr(self, "keys"):
            self.keys, self.seq = dict(self.next_keys), {"client": 0, "site": 0}
        return hello, answer

    def turn(self, sender: str) -> None:
        self.keys[sender], self.seq[sender] = self.next_keys[sender], 0

    def seal(self, sender: str, type_: int, flags: int, content: bytes) -> tuple[str, bytes]:
        frame = reader.seal(self.keys[sender], self.seq[sender], type_, flags, content)
        self.seq[sender] += 1
        return sender, frame

    def frames(self) -> Iterator[tuple[str, bytes]]:
        """What goes over the wire."""
        for step in self.session["steps"]:
            if step.get("rekey"):
                request, answer = self.shake(b"meatlizard-rekey" + self.h, b"")
                yield self.seal("client", 2, 1, request)
                yield self.seal("site", 2, 1, answer)
                self.turn("site")
                yield self.seal("client", 2, 1, b"")
                self.turn("client")
            else:
                must_understand = int(step["must_understand"])
                for flags, content in reader.pieces(payload(step)):
                    yield self.seal(step["from"], step["type"], flags | must_understand, content)

    def messages(self, wire: Wire) -> Iterator[tuple[str, int, bytes]]:
        """Opens recorded frames, made by whomever."""
        parts: dict[str, bytearray] = {}
        for sender, frame in wire:
            assert frame[4:12] == self.seq[sender].to_bytes(8, "big")
            type_, flags, content = reader.unseal(self.keys[sender], frame)
            self.seq[sender] += 1
            if type_ == 2:
                if sender == "client" and content:
                    self.request, expected = self.shake(b"meatlizard-rekey" + self.h, b"")
                    assert content == self.request
                    self.expected = expected
                else:
                    assert content == (self.expected if sender == "site" else b"")
                    self.turn(sender)
            elif flags & 2:
                parts[sender] = bytearray(content[4:])
                self.total = int.from_bytes(content[:4], "big")
            elif flags & 4:
                parts[sender] += content
                if len(parts[sender]) == self.total:
                    yield sender, type_, bytes(parts.pop(sender))
            else:
                yield sender, type_, content
