"""Files that lie sealed in the storage: AES-256-GCM in pieces, so that one of any length is read and written a piece at a time.

A file begins with MAGIC, the mark of its key (8 bytes) and 32 random bytes. HKDF-SHA256 makes a key of that file alone out of the
operator's key, those bytes and ``context``, which says what the file is: moved into the place of another it does not open. Then follow
pieces of PIECE bytes with a tag of 16 each. The nonce of a piece is its number and whether it is the last, as in STREAM (Hoang, Reyhanitabar,
Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): pieces cannot be taken away, added or put
into another order unseen.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from meatlizard.security.sealed import Unopened

MAGIC = b"MLSF\x01"
PIECE = 65_536
MARK, SALT, TAG = 8, 32, 16


def mark_of(key: bytes) -> bytes:
    """By which a file names its key; it tells nothing of the key."""
    return hashlib.sha256(b"meatlizard mark of a key" + key).digest()[:MARK]


def sealing(pieces: Iterable[bytes], key: bytes, context: str) -> Iterator[bytes]:
    """What is to be stored in the place of ``pieces``, which may have any size."""
    salt = os.urandom(SALT)
    yield MAGIC + mark_of(key) + salt
    cipher = AESGCM(_file_key(key, salt, context))
    waiting, number = bytearray(), 0
    for piece in pieces:
        waiting += piece
        # What may be the last piece waits for the end.
        while len(waiting) > PIECE:
            yield cipher.encrypt(_nonce(number, last=False), bytes(waiting[:PIECE]), None)
            del waiting[:PIECE]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), None)


def unsealed(file: IO[bytes], keys: Sequence[bytes], context: str) -> IO[bytes]:
    """``file`` as it was before. Raises Unopened at once when none of ``keys`` sealed it, or its beginning was changed; reading raises it
    where a later piece was. Closing closes ``file``."""
    return io.BufferedReader(_Unsealed(file, keys, context), PIECE)


class _Unsealed(io.RawIOBase):
    def __init__(self, file: IO[bytes], keys: Sequence[bytes], context: str) -> None:
        self._file, self._number, self._ended = file, 0, False
        head = _exactly(file, len(MAGIC) + MARK + SALT)
        mark, salt = head[len(MAGIC) : len(MAGIC) + MARK], head[-SALT:]
        key = next((one for one in keys if mark_of(one) == mark), None)
        if len(head) != len(MAGIC) + MARK + SALT or not head.startswith(MAGIC) or key is None:
            raise Unopened
        self._cipher = AESGCM(_file_key(key, salt, context))
        self._ahead = _exactly(file, PIECE + TAG)
        self._clear = b""
        self._open_next()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._clear and not self._ended:
            self._open_next()
        size = min(len(buffer), len(self._clear))
        buffer[:size] = self._clear[:size]
        self._clear = self._clear[size:]
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _open_next(self) -> None:
        sealed, self._ahead = self._ahead, _exactly(self._file, PIECE + TAG)
        self._ended = not self._ahead
        try:
            self._clear = self._cipher.decrypt(_nonce(self._number, last=self._ended), sealed, None)
        except InvalidTag:
            raise Unopened from None
        self._number += 1


def _exactly(file: IO[bytes], size: int) -> bytes:
    """Less only at the end."""
    found = bytearray()
    while len(found) < size and (piece := file.read(size - len(found))):
        found += piece
    return bytes(found)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _file_key(key: bytes, salt: bytes, context: str) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=f"meatlizard sealed file {context}".encode()).derive(key)
