"""AES-256-GCM with counter nonces. No other module of the project calls the cipher: nonces are made here alone."""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inference_client.protocol.errors import ChannelError

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
MAX_COUNTER: Final = 2**64 - 2
"""The last counter that may be used: Noise reserves 2^64 - 1."""

_NONCE_START: Final = bytes(4)


class Cipher:
    """One key, used by one sender. The nonce is 4 zero bytes and a counter of 8 bytes, big-endian (as Noise says)."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        cipher = AESGCM(key)
        self._encrypt = cipher.encrypt
        self._decrypt = cipher.decrypt

    def seal(self, counter: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Ciphertext and 16-byte tag. ``counter`` is 8 bytes and never the same twice: the caller counts."""
        return self._encrypt(_NONCE_START + counter, plaintext, associated)

    def open(self, counter: bytes, ciphertext: bytes, associated: bytes) -> bytes:
        """The plaintext. Raises ChannelError ``bad_frame`` if anything was changed or cut."""
        try:
            return self._decrypt(_NONCE_START + counter, ciphertext, associated)
        except InvalidTag:
            raise ChannelError("bad_frame", "the seal does not open") from None
