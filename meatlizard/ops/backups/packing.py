"""One object of a backup: a content, compressed with zstd, encrypted with age where there are recipients. Both as streams.

``zstd -d < object``, or ``age -d -i key object | zstd -d``, give the content back without this program.
"""

import hashlib
import hmac
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pyrage
import zstandard

from meatlizard.ops.backups.keys import Identities, Recipients
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

CHUNK = 1 << 18
LEVEL = 3
MAX_WINDOW = 8 << 20
"""Bytes that a frame may make its reader keep in memory; what is written at LEVEL needs a quarter of it."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Packed:
    """``size`` and ``mac`` are the content's, ``stored`` and ``sha256`` those of the bytes that lie there."""

    size: int
    mac: str
    stored: int
    sha256: str


class Reading:
    """Counts and authenticates what is read through it. What goes wrong is kept, since age's library tells only its words."""

    def __init__(self, source: Readable, key: bytes, tell: Callable[[int], None] | None = None) -> None:
        self._source, self._tell = source, tell
        self.size, self.mac = 0, hmac.new(key, digestmod="sha256")
        self.trouble: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
            if self._tell is not None:
                self._tell(len(data))
        except BaseException as error:
            self.trouble = error
            raise
        self.size += len(data)
        self.mac.update(data)
        return data


class Writing:
    """Counts and hashes what is written through it, ``most`` bytes at most, and keeps what goes wrong."""

    def __init__(self, sink: Writable, digest: Any, most: int | None = None) -> None:
        self._sink, self.digest, self._most = sink, digest, most
        self.size = 0
        self.trouble: BaseException | None = None

    def write(self, data: Any) -> int:
        data = bytes(data)
        self.size += len(data)
        try:
            if self._most is not None and self.size > self._most:
                raise Damaged("A part is longer than the backup says.")
            self._sink.write(data)
        except BaseException as error:
            self.trouble = error
            raise
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Whoever opened the sink closes it."""


def pack(
    source: Readable, sink: Writable, key: bytes, recipients: Recipients, tell: Callable[[int], None] | None = None
) -> Packed:
    """All of ``source`` into ``sink``. ``tell`` hears how many bytes of the source came."""
    reading, writing = Reading(source, key, tell), Writing(sink, hashlib.sha256())
    try:
        with zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_reader(
            cast(Any, reading), read_size=CHUNK, closefd=False
        ) as compressed:
            if recipients:
                pyrage.encrypt_io(compressed, writing, recipients)
            else:
                copy(compressed, writing)
    except (pyrage.EncryptError, zstandard.ZstdError) as error:
        raise (reading.trouble or writing.trouble or BackupFailed(f"It could not be encrypted: {error}.")) from error
    return Packed(reading.size, reading.mac.hexdigest(), writing.size, writing.digest.hexdigest())


def unpack(
    source: Readable, sink: Writable, expected: Packed, key: bytes | None, identities: Identities | None
) -> None:
    """The content into ``sink``. ``identities``: None for what is not encrypted; ``key``: None where nobody knows it yet. Raises Damaged
    when one byte is not as it was written; some may have gone into the sink by then."""
    digest = hmac.new(key or b"\0", digestmod="sha256")
    writing = Writing(sink, digest, expected.size)
    stored = Stored(source, expected)
    try:
        with zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_writer(
            cast(Any, writing), closefd=False
        ) as decompressing:
            if identities is None:
                copy(stored, decompressing)
            else:
                pyrage.decrypt_io(stored, decompressing, identities)
    except pyrage.DecryptError as error:
        # A damaged head looks like that of somebody else's, too.
        stored.finish()
        raise BackupFailed("None of the identities given can read this backup.", code="wrong_key") from error
    except (zstandard.ZstdError, OSError, ValueError) as error:
        raise (stored.trouble or writing.trouble or Damaged("A part is damaged: it cannot be read.")) from error
    stored.finish()
    if writing.size != expected.size or (key is not None and not hmac.compare_digest(digest.hexdigest(), expected.mac)):
        raise Damaged("A part is not what was written.")


def check(source: Readable, expected: Packed) -> None:
    """Whether the stored bytes are those that were written. Raises Damaged. Needs no identity."""
    stored = Stored(source, expected)
    while stored.read(CHUNK):
        pass
    stored.finish()


class Stored:
    """Bytes as they lie there, no more than are expected."""

    def __init__(self, source: Readable, expected: Packed) -> None:
        self._source, self._expected = source, expected
        self._left, self._sha = expected.stored, hashlib.sha256()
        self.trouble: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(self._left if size < 0 else min(size, self._left))
        except BaseException as error:
            self.trouble = error
            raise
        self._left -= len(data)
        self._sha.update(data)
        return data

    def finish(self) -> None:
        """Raises Damaged."""
        while self._left and self.read(CHUNK):
            pass
        if self._left or self._source.read(1) or self._sha.hexdigest() != self._expected.sha256:
            raise Damaged("A part is damaged or incomplete: it is not what was written.")


def copy(source: Readable, sink: Writable) -> None:
    while data := source.read(CHUNK):
        sink.write(data)


def decompressed(source: Readable, most: int) -> bytes:
    """What is not encrypted, of which no sums are known. Raises Damaged."""
    text = io.BytesIO()
    writing = Writing(text, hashlib.sha256(), most)
    try:
        with zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_writer(
            cast(Any, writing), closefd=False
        ) as decompressing:
            copy(source, decompressing)
    except zstandard.ZstdError as error:
        raise Damaged("A part is damaged: it cannot be read.") from error
    return text.getvalue()
