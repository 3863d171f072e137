"""The handshake ``Noise_IK_25519_AESGCM_SHA256`` (The Noise Protocol Framework, revision 34).

``HandshakeState`` walks any pattern made of the tokens e, s, ee, es, se, ss; the project uses IK alone. The tests
hand it the other patterns to run the public vectors, so what is proved is this code and not a copy.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from inference_client.protocol.aead import KEY_BYTES, MAX_COUNTER, TAG_BYTES, Cipher
from inference_client.protocol.errors import ChannelError

PUBLIC_BYTES: Final = 32


class Pattern(NamedTuple):
    """A handshake: which static keys are known beforehand, and the tokens of each message in turn, initiator first."""

    name: str
    initiator_known: bool
    responder_known: bool
    messages: tuple[tuple[str, ...], ...]


IK: Final = Pattern("Noise_IK_25519_AESGCM_SHA256", False, True, (("e", "es", "s", "ss"), ("e", "ee", "se")))

HELLO_BYTES: Final = PUBLIC_BYTES + (PUBLIC_BYTES + TAG_BYTES) + TAG_BYTES
"""Size of IK's first message with an empty payload: e, sealed s, sealed nothing."""


def exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    """The shared secret, 32 bytes. Raises ChannelError ``handshake_failed`` for a public key that makes it all zero."""
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise ChannelError("handshake_failed", "the public key is of low order or malformed") from None
    if not any(secret):
        raise ChannelError("handshake_failed", "the shared secret is all zero")
    return secret


def hkdf(chaining_key: bytes, material: bytes) -> tuple[bytes, bytes, bytes]:
    """Noise's HKDF (RFC 5869 with the chaining key as salt and empty info): three outputs of 32 bytes."""
    temporary = hmac.digest(chaining_key, material, "sha256")
    first = hmac.digest(temporary, b"\x01", "sha256")
    second = hmac.digest(temporary, first + b"\x02", "sha256")
    third = hmac.digest(temporary, second + b"\x03", "sha256")
    return first, second, third


class SymmetricState:
    """Chaining key, transcript hash ``h`` and the current handshake key (section 5.2 of the specification)."""

    def __init__(self, name: str) -> None:
        raw = name.encode("ascii")
        self.h = raw.ljust(32, b"\0") if len(raw) <= 32 else hashlib.sha256(raw).digest()
        self._ck = self.h
        self._cipher: Cipher | None = None
        self._counter = 0

    def mix_hash(self, data: bytes) -> None:
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, material: bytes) -> None:
        self._ck, key, _ = hkdf(self._ck, material)
        self._rekey(key)

    def mix_key_and_hash(self, material: bytes) -> None:
        self._ck, middle, key = hkdf(self._ck, material)
        self.mix_hash(middle)
        self._rekey(key)

    def seal_and_hash(self, plaintext: bytes) -> bytes:
        sealed = plaintext if self._cipher is None else self._cipher.seal(self._next(), plaintext, self.h)
        self.mix_hash(sealed)
        return sealed

    def open_and_hash(self, sealed: bytes) -> bytes:
        plaintext = sealed if self._cipher is None else self._cipher.open(self._next(), sealed, self.h)
        self.mix_hash(sealed)
        return plaintext

    def tag_bytes(self) -> int:
        """How many bytes sealing adds now: none before the first key exchange."""
        return 0 if self._cipher is None else TAG_BYTES

    def split(self) -> tuple[bytes, bytes]:
        """The two transport keys: initiator to responder, responder to initiator."""
        first, second, _ = hkdf(self._ck, b"")
        return first, second

    def _rekey(self, key: bytes) -> None:
        self._cipher = Cipher(key[:KEY_BYTES])
        self._counter = 0

    def _next(self) -> bytes:
        if self._counter > MAX_COUNTER:
            raise ChannelError("handshake_failed", "the handshake counter is used up")
        counter = self._counter.to_bytes(8, "big")
        self._counter += 1
        return counter


class HandshakeState:
    """One side of one handshake: ``write`` and ``read`` in turn until ``done``; then ``split`` and ``hash``.

    Any refusal raises ChannelError ``handshake_failed``; the state is then of no use. ``new_ephemeral`` is for tests
    only: an ephemeral key used twice destroys forward secrecy.
    """

    def __init__(
        self,
        pattern: Pattern,
        *,
        initiator: bool,
        prologue: bytes,
        static: X25519PrivateKey | None = None,
        remote_static: bytes | None = None,
        new_ephemeral: Callable[[], X25519PrivateKey] = X25519PrivateKey.generate,
    ) -> None:
        self.initiator = initiator
        self.remote_static = remote_static
        self._static = static
        self._ephemeral: X25519PrivateKey | None = None
        self._new_ephemeral = new_ephemeral
        self._remote_ephemeral: bytes | None = None
        self._messages: list[Sequence[str]] = list(pattern.messages)
        self.symmetric = SymmetricState(pattern.name)
        self.symmetric.mix_hash(prologue)
        for known, ours in ((pattern.initiator_known, initiator), (pattern.responder_known, not initiator)):
            if known:
                self.symmetric.mix_hash(self._own_public() if ours else _present(remote_static))

    @property
    def done(self) -> bool:
        return not self._messages

    @property
    def hash(self) -> bytes:
        """``h``, 32 bytes: names this handshake, equal on both sides."""
        return self.symmetric.h

    def write(self, payload: bytes) -> bytes:
        """The next message of this side, carrying ``payload``."""
        parts = [self.write_token(token) for token in self._messages.pop(0)]
        parts.append(self.symmetric.seal_and_hash(payload))
        return b"".join(parts)

    def read(self, message: bytes) -> bytes:
        """The payload of the other side's next message. Raises ChannelError ``handshake_failed``."""
        try:
            for token in self._messages.pop(0):
                message = self.read_token(token, message)
            return self.symmetric.open_and_hash(message)
        except ChannelError as error:
            raise ChannelError("handshake_failed", error.detail) from None

    def split(self) -> tuple[bytes, bytes]:
        """Transport keys as (to send with, to receive with)."""
        first, second = self.symmetric.split()
        return (first, second) if self.initiator else (second, first)

    def write_token(self, token: str) -> bytes:
        if token == "e":
            self._ephemeral = self._new_ephemeral()
            public = self._ephemeral.public_key().public_bytes_raw()
            self.symmetric.mix_hash(public)
            return public
        if token == "s":
            return self.symmetric.seal_and_hash(self._own_public())
        self._mix(token)
        return b""

    def read_token(self, token: str, message: bytes) -> bytes:
        """Consumes what ``token`` put at the start of ``message``; returns the rest."""
        if token == "e":
            self._remote_ephemeral, rest = _cut(message, PUBLIC_BYTES)
            self.symmetric.mix_hash(self._remote_ephemeral)
            return rest
        if token == "s":
            sealed, rest = _cut(message, PUBLIC_BYTES + self.symmetric.tag_bytes())
            self.remote_static = self.symmetric.open_and_hash(sealed)
            return rest
        self._mix(token)
        return message

    def _mix(self, token: str) -> None:
        # "es" is the initiator's ephemeral with the responder's static key, whoever computes it.
        own, other = (token[0], token[1]) if self.initiator else (token[1], token[0])
        private = self._ephemeral if own == "e" else self._static
        public = self._remote_ephemeral if other == "e" else self.remote_static
        if private is None:
            raise ChannelError("handshake_failed", "a key is missing")
        self.symmetric.mix_key(exchange(private, _present(public)))

    def _own_public(self) -> bytes:
        if self._static is None:
            raise ChannelError("handshake_failed", "a static key is missing")
        return self._static.public_key().public_bytes_raw()


def _present(public: bytes | None) -> bytes:
    if public is None or len(public) != PUBLIC_BYTES:
        raise ChannelError("handshake_failed", "a public key is missing or has the wrong size")
    return public


def _cut(message: bytes, size: int) -> tuple[bytes, bytes]:
    if len(message) < size:
        raise ChannelError("handshake_failed", "the message is too short")
    return message[:size], message[size:]
