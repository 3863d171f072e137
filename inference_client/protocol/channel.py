"""The sealed connection after the handshake: payloads in, frames out, and back.

A channel belongs to one websocket. Frames must be sent in the order in which ``seal``, ``tick`` and ``take_pending``
return them. ``open`` may leave frames to be sent (answers of a rekeying): send ``take_pending()`` after it; should
something be sealed first, ``seal`` returns them in front, so the order holds either way.

Rekeying, a new handshake inside the connection, started by the client. Each direction changes keys at a marked frame,
nobody waits:

1. The client sends REKEY with the first handshake message under its old key and goes on sending under that key.
2. The site answers REKEY with the second message, its last frame under its old key. Its next frame uses the new key,
   seq 0. It still opens the client's frames with the old key.
3. The client, having opened that, sends an empty REKEY, its last frame under the old key, and changes both directions.
4. The site, having opened the empty REKEY, changes the direction from the client. Only now may another rekeying begin.

No message may be unfinished (between fragments) where a REKEY frame stands. The prologue is ``meatlizard-rekey`` and
the hash of the handshake before, and the client's static key must be the same one.
"""

import hashlib
import os
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple, NoReturn

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol.aead import MAX_COUNTER, Cipher
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.fragments import Assembler, split
from inference_client.protocol.frames import (
    ENROL,
    FLAG_FIRST,
    FLAG_MASK,
    FLAG_MUST_UNDERSTAND,
    FLAG_NEXT,
    HEADER,
    HEADER_BYTES,
    KNOWN_TYPES,
    MAX_FRAME,
    MAX_MESSAGE,
    MIN_FRAME,
    REKEY,
    SEQ,
)
from inference_client.protocol.noise import HELLO_BYTES, IK, HandshakeState
from inference_client.protocol.padding import MAX_CONTENT, pad, unpad

REKEY_PROLOGUE: Final = b"meatlizard-rekey"
HARD: Final = 2
"""How many times a limit of ``Limits`` may be passed, for a rekeying in flight, before the channel closes."""


class Limits(NamedTuple):
    """When the client asks for new keys (whichever comes first, either direction); how long an answer may take."""

    frames: int = 2**20
    octets: int = 2**30
    seconds: float = 3600.0
    answer_seconds: float = 10.0
    message: int = MAX_MESSAGE


DEFAULT_LIMITS: Final = Limits()


class Message(NamedTuple):
    """What ``open`` gives: the frame type and the whole payload."""

    type: int
    payload: bytes


class Direction:
    """One key and what was done with it. ``seq`` is the next frame's number."""

    __slots__ = ("cipher", "octets", "seq")

    def __init__(self, key: bytes) -> None:
        self.cipher = Cipher(key)
        self.seq = 0
        self.octets = 0

    def past(self, limits: Limits, times: int = 1) -> bool:
        return self.seq >= limits.frames * times or self.octets >= limits.octets * times


class SecureChannel:
    """Made by ``ClientHandshake.finish`` or ``ServerHandshake.answer``, not by hand.

    ``confirmed``: a frame of the client has opened, so the peer is alive and not a recording; the site can send
    nothing before. ``enrolled``: the site knows the client's key; until then one ENROL frame is all the client may
    send. ``session_id``: 32 hex digits for logs, equal on both ends, made from the handshake hash. ``remote_static``:
    the peer's key. Any ChannelError from ``open`` or ``tick`` closes the channel for good. Times are monotonic
    seconds.
    """

    def __init__(
        self,
        handshake: HandshakeState,
        static: X25519PrivateKey,
        *,
        version: int,
        enrolled: bool,
        now: float,
        limits: Limits = DEFAULT_LIMITS,
        known_types: frozenset[int] = KNOWN_TYPES,
        new_ephemeral: Callable[[], X25519PrivateKey] = X25519PrivateKey.generate,
    ) -> None:
        send, receive = handshake.split()
        if handshake.remote_static is None:
            raise ValueError("the handshake is not done")
        self.client = handshake.initiator
        self.remote_static = handshake.remote_static
        self.session_id = hashlib.sha256(b"meatlizard-session" + handshake.hash).hexdigest()[:32]
        self.version = version
        self.enrolled = enrolled
        self.confirmed = handshake.initiator
        self.closed = False
        self.rekeyings = 0
        self._hash = handshake.hash
        self._static = static
        self._send = Direction(send)
        self._receive = Direction(receive)
        self._limits = limits
        self._known = known_types
        self._new_ephemeral = new_ephemeral
        self._assembler = Assembler(limits.message)
        self._pending: list[bytes] = []
        self._code_used = False
        self._asked: HandshakeState | None = None
        self._next: tuple[Direction, bytes] | None = None
        self._asked_at: float | None = None
        self._now = self._since = now
        self._pid = os.getpid()
        # Two threads that sealed at once could otherwise use one counter twice.
        self._lock = Lock()

    def seal(self, type_: int, payload: bytes, *, must_understand: bool = False) -> list[bytes]:
        """The frames of one message, to be sent in this order. ChannelError ``too_large`` leaves the channel usable."""
        self._usable()
        with self._lock:
            if len(payload) > self._limits.message:
                raise ChannelError("too_large", f"{len(payload)} bytes, at most {self._limits.message}")
            self._may_send(type_)
            self._renew()
            flags = FLAG_MUST_UNDERSTAND if must_understand else 0
            frames = self._taken()
            if len(payload) <= MAX_CONTENT:
                frames.append(self._frame(type_, flags, payload))
            else:
                frames.extend(self._frame(type_, flags | flag, content) for flag, content in split(payload))
            return frames

    def open(self, frame: bytes) -> Message | None:
        """The message that ``frame`` completes, or None. Raises ChannelError, after which the channel is closed."""
        self._usable()
        try:
            with self._lock:
                return self._open(frame)
        except ChannelError:
            self.close()
            raise

    def take_pending(self) -> list[bytes]:
        """Frames the channel itself wants sent. Call after ``open``."""
        with self._lock:
            return self._taken()

    def tick(self, now: float) -> list[bytes]:
        """Call every few seconds; returns frames to send. Raises ChannelError ``timeout`` or ``rekey_required``."""
        self._usable()
        with self._lock:
            self._now = now
            age = now - self._since
            limits = self._limits
            if self._asked or self._next:
                self._asked_at = now if self._asked_at is None else self._asked_at
                if now - self._asked_at > limits.answer_seconds:
                    self._refuse("timeout", "no answer to the rekeying")
            elif not self.confirmed and age > limits.answer_seconds:
                self._refuse("timeout", "no frame after the handshake")
            elif age > limits.seconds * HARD:
                self._refuse("rekey_required", "the keys are too old")
            else:
                self._renew(due=age >= limits.seconds)
            return self._taken()

    def accept_enrolment(self, answer: bytes) -> list[bytes]:
        """Site: the code was right. The channel is enrolled from here on; returns the sealed ENROL ``answer``."""
        self._usable()
        if self.client or self.enrolled or not self._code_used:
            raise ValueError("there is no enrolment to accept")
        with self._lock:
            self.enrolled = True
            return [*self._taken(), self._frame(ENROL, FLAG_MUST_UNDERSTAND, answer)]

    def close(self) -> None:
        """Ends the channel: nothing is sealed or opened any more."""
        self.closed = True
        self._pending = []
        self._asked = self._next = None

    def _taken(self) -> list[bytes]:
        frames, self._pending = self._pending, []
        return frames

    def _usable(self) -> None:
        if os.getpid() != self._pid:
            # Parent and child would count on from the same number with the same key.
            raise ChannelError("forked", "this channel was made by another process")
        if self.closed:
            raise ChannelError("closed")

    def _refuse(self, code: str, detail: str) -> NoReturn:
        self.close()
        raise ChannelError(code, detail)

    def _may_send(self, type_: int) -> None:
        if not self.confirmed:
            raise ChannelError("unconfirmed")
        if type_ == REKEY or not 0 <= type_ <= 255:
            raise ValueError(f"type {type_} is not for messages")
        if (type_ == ENROL) == self.enrolled or (not self.enrolled and (self._code_used or not self.client)):
            raise ChannelError("not_enrolled", "an unknown key may send its code once, a known key none")
        self._code_used |= type_ == ENROL

    def _renew(self, due: bool = False) -> None:
        """The client asks for new keys if it is time to."""
        if not self.client or self._asked is not None or not self.enrolled:
            return
        if due or self._send.past(self._limits) or self._receive.past(self._limits):
            self._asked = self._handshake()
            self._pending.append(self._frame(REKEY, FLAG_MUST_UNDERSTAND, self._asked.write(b"")))

    def _frame(self, type_: int, flags: int, content: bytes) -> bytes:
        direction = self._send
        seq = direction.seq
        if seq > MAX_COUNTER or direction.past(self._limits, HARD):
            self._refuse("rekey_required", "the sending key is used up")
        # Counted before it is used: a number is spent even if sealing fails.
        direction.seq = seq + 1
        header = HEADER.pack(self.version, type_, flags, seq)
        sealed = direction.cipher.seal(header[SEQ], pad(content), header)
        direction.octets += len(sealed)
        return header + sealed

    def _open(self, frame: bytes) -> Message | None:
        size = len(frame)
        if not MIN_FRAME <= size <= MAX_FRAME:
            raise ChannelError("too_large" if size > MAX_FRAME else "bad_frame", f"a frame of {size} bytes")
        version, type_, flags, seq = HEADER.unpack_from(frame)
        direction = self._receive
        if seq != direction.seq:
            code = "replayed" if seq < direction.seq else "out_of_order"
            raise ChannelError(code, f"frame {seq} where {direction.seq} was due")
        if version != self.version:
            raise ChannelError("bad_frame", f"version {version}")
        if seq > MAX_COUNTER or direction.past(self._limits, HARD):
            raise ChannelError("rekey_required", "the peer's key is used up")
        header = frame[:HEADER_BYTES]
        content = unpad(direction.cipher.open(header[SEQ], frame[HEADER_BYTES:], header))
        direction.seq = seq + 1
        direction.octets += size - HEADER_BYTES
        self.confirmed = True
        self._renew()
        if type_ == REKEY:
            self._change_keys(flags, content)
            return None
        if type_ == ENROL or not self.enrolled:
            return self._enrolment(type_, flags, content)
        return self._assemble(type_, flags, content)

    def _assemble(self, type_: int, flags: int, content: bytes) -> Message | None:
        must_understand = flags & FLAG_MUST_UNDERSTAND
        if must_understand and type_ not in self._known:
            raise ChannelError("unknown_type", f"type {type_}")
        if flags & ~FLAG_MASK or (flags & FLAG_FIRST and flags & FLAG_NEXT):
            raise ChannelError("bad_frame", f"flags {flags:#06x}")
        payload: bytes | None = content
        if flags & FLAG_FIRST:
            self._assembler.begin(type_, must_understand, content)
            payload = None
        elif flags & FLAG_NEXT:
            payload = self._assembler.add(type_, must_understand, content)
        elif self._assembler.busy:
            raise ChannelError("bad_frame", "another message came between fragments")
        return Message(type_, payload) if payload is not None and type_ in self._known else None

    def _enrolment(self, type_: int, flags: int, content: bytes) -> Message:
        if type_ != ENROL or flags & ~FLAG_MUST_UNDERSTAND:
            raise ChannelError("not_enrolled", "only the one-time code may be sent before enrolment")
        # The site hears one code; the client hears the answer to a code it sent.
        if self.enrolled or self._code_used != self.client:
            raise ChannelError("not_enrolled", "an enrolment frame that nobody asked for")
        self._code_used = True
        self.enrolled = self.client
        return Message(ENROL, content)

    def _change_keys(self, flags: int, content: bytes) -> None:
        if flags != FLAG_MUST_UNDERSTAND or self._assembler.busy or not self.enrolled:
            raise ChannelError("bad_frame", "a rekeying at the wrong moment")
        if self.client:
            self._change_as_client(content)
        elif self._next is None:
            self._answer_with_keys(content)
        elif content:
            raise ChannelError("bad_frame", "a rekeying inside a rekeying")
        else:
            self._receive, self._hash = self._next
            self._changed()

    def _change_as_client(self, content: bytes) -> None:
        if self._asked is None:
            raise ChannelError("bad_frame", "a rekeying nobody asked for")
        if self._asked.read(content):
            raise ChannelError("handshake_failed", "the rekeying carries a payload")
        self._pending.append(self._frame(REKEY, FLAG_MUST_UNDERSTAND, b""))
        send, receive = self._asked.split()
        self._send, self._receive, self._hash = Direction(send), Direction(receive), self._asked.hash
        self._changed()

    def _answer_with_keys(self, content: bytes) -> None:
        handshake = self._handshake()
        if len(content) != HELLO_BYTES or handshake.read(content) or handshake.remote_static != self.remote_static:
            raise ChannelError("handshake_failed", "the rekeying does not come from this client's key")
        self._pending.append(self._frame(REKEY, FLAG_MUST_UNDERSTAND, handshake.write(b"")))
        send, receive = handshake.split()
        self._send = Direction(send)
        self._next = (Direction(receive), handshake.hash)

    def _handshake(self) -> HandshakeState:
        remote = self.remote_static if self.client else None
        return HandshakeState(
            IK,
            initiator=self.client,
            prologue=REKEY_PROLOGUE + self._hash,
            static=self._static,
            remote_static=remote,
            new_ephemeral=self._new_ephemeral,
        )

    def _changed(self) -> None:
        self._asked = self._next = self._asked_at = None
        self._since = self._now
        self.rekeyings += 1
