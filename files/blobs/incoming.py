"""Bytes on their way in: a file of this machine for each upload, whatever its content will be and wherever it will lie.

It is found again by its id, after a restart too. The hash is computed as the bytes come; where that was forgotten, by reading.
What nobody awaits (see :func:`awaited`) and nobody has written to for a day is deleted.
"""

import hashlib
import os
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from files.blobs.adopting import adopt
from files.blobs.disk import make_folder, sync_folder
from files.blobs.trouble import in_words
from meatlizard.errors import Invalid, NotFound

__all__ = ["Incoming", "adopt", "again", "awaited", "begin", "folder", "still_awaited"]

PIECE = 1 << 20
REMEMBERED = 256
"""Hashes of uploads that pause, which need not read from the beginning when they go on."""

_ID = re.compile(r"[0-9a-f]{32}")
_hashes: "OrderedDict[str, tuple[tuple[int, int], int, Any]]" = OrderedDict()
"""By id: state of the file (size and time of its last change), how much of it is hashed, and the hash."""

_lock = threading.Lock()
_awaiting: list[Callable[[list[str]], Iterable[str]]] = []


def folder() -> Path:
    return Path(settings.INCOMING_DIR)


def begin() -> "Incoming":
    """A new one, empty. Raises DiskFull and Unreachable."""
    key = uuid.uuid4().hex
    with in_words():
        make_folder(folder(), folder().parent)
        os.close(os.open(folder() / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return Incoming(key)


def again(key: str) -> "Incoming":
    """The one that was begun under this id. Raises NotFound."""
    if not _ID.fullmatch(key) or not (folder() / key).is_file():
        raise NotFound(code="no_such_upload")
    return Incoming(key)


def awaited(asked: Callable[[list[str]], Iterable[str]]) -> None:
    """Registers who knows of uploads that pause: asked with ids, it gives back those that must stay. Call it in ``ready``."""
    if asked not in _awaiting:
        _awaiting.append(asked)


def still_awaited(keys: list[str]) -> set[str]:
    return {key for asked in _awaiting for key in asked(keys)}


class Incoming:
    """For one writer at a time. Nothing here touches the database; all of it is for a thread."""

    def __init__(self, key: str) -> None:
        self.id = key
        self.path = folder() / key
        self._file = self.path.open("r+b", buffering=0)
        self.size = self._file.seek(0, os.SEEK_END)
        self._known = False
        with _lock:
            known = _hashes.pop(key, None)
        self._hashed, self._sha = 0, hashlib.sha256()
        if known and known[0] == self._state():
            # Otherwise another process has written here since.
            _state, self._hashed, self._sha = known

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """All of it or, raising DiskFull or Unreachable, nothing of it."""
        self._refuse_adopted()
        left = memoryview(data)
        try:
            with in_words():
                while left:
                    left = left[self._file.write(left) :]
        except BaseException:
            self.cut(self.size)
            raise
        if self._hashed == self.size:
            self._sha.update(data)
            self._hashed += len(data)
        self.size += len(data)

    def cut(self, size: int) -> None:
        """Forgets what came after the first ``size`` bytes: a piece whose checksum was wrong."""
        self._refuse_adopted()
        with in_words():
            self._file.truncate(size)
            self._file.seek(size)
        if size < self._hashed:
            self._hashed, self._sha = 0, hashlib.sha256()
        self.size = size

    def sync(self) -> None:
        """After this a power cut takes nothing away that was appended before."""
        self.sync_bytes()
        if not self._known:
            with in_words():
                sync_folder(self.path.parent)
            self._known = True

    def sync_bytes(self) -> None:
        """Enough for who gives the file another name at once."""
        with in_words():
            os.fsync(self._file.fileno())

    def digest(self) -> str:
        """SHA-256 of all of it, in hexadecimal."""
        with in_words():
            while self._hashed < self.size:
                data = os.pread(self._file.fileno(), min(PIECE, self.size - self._hashed), self._hashed)
                if not data:
                    raise OSError("the file is shorter than it was")
                self._sha.update(data)
                self._hashed += len(data)
        return str(self._sha.hexdigest())

    def start(self, length: int) -> bytes:
        """Its first bytes, to see what it is."""
        with in_words():
            return os.pread(self._file.fileno(), length, 0)

    def close(self) -> None:
        """Pauses: it is there for :func:`again`. What was not synced may be lost by a power cut."""
        if self._file.closed:
            return
        state = self._state()
        self._file.close()
        with _lock:
            _hashes[self.id] = (state, self._hashed, self._sha)
            while len(_hashes) > REMEMBERED:
                _hashes.popitem(last=False)

    def abandon(self) -> None:
        """Deletes it."""
        self._file.close()
        with _lock:
            _hashes.pop(self.id, None)
        with in_words():
            self.path.unlink(missing_ok=True)

    def _state(self) -> tuple[int, int]:
        stat = os.fstat(self._file.fileno())
        return stat.st_size, stat.st_mtime_ns

    def _refuse_adopted(self) -> None:
        """What has become a blob is the same file on the disk."""
        if os.fstat(self._file.fileno()).st_nlink > 1:
            raise Invalid(_("This upload is complete."), code="upload_complete")
