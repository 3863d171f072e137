"""Clicks between the answer and the database.

An answered click is a reference to the request in memory. Every FLUSH_SECONDS one thread writes what has gathered to a journal, one line
for each batch, without anybody's address; another stores what is in the journal in the database, each batch once by its key. So
``kill -9`` loses what was answered since the last flush, less than LOST_AT_MOST seconds, and a database, worker or Redis that is away or
takes long loses nothing.

A journal belongs to the process that holds its lock; one whose process is gone is taken over by the next that looks.
"""

import fcntl
import json
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db import Error as DatabaseTrouble
from pydantic_core import to_json

from shortener.redirect.recording import YIELD_EVERY, Noted, Raw, note

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.5
LOST_AT_MOST: Final = 1.0
MOST_WAITING: Final = 500_000
"""Clicks in memory while the disk takes no journal. What is more is lost, and said to be."""

FRESH_BATCHES: Final = 8
"""Batches that are held in memory, too, so that they need not be read again; a database that takes longer makes them be."""

ENDING: Final = ".journal"
REFUSED: Final = "refused.lines"
"""Batches that the database will never take: kept for whoever finds out why, and in nobody's way."""

Store = Callable[[uuid.UUID, list[Noted]], bool]
"""Stores a batch; False when one of this key is stored already. Raises the database's errors."""


class Batch(NamedTuple):
    """``end``: where it ends in its journal."""

    end: int
    key: uuid.UUID
    clicks: list[Noted]


class Recorder:
    """One per process. :meth:`record` belongs to the hot path, :meth:`write` to one thread and the rest to another; none raises for the
    disk's or the database's sake."""

    def __init__(self, store: Store, folder: Path | None = None) -> None:
        self._raw: deque[Raw] = deque()
        self._store = store
        self._given_folder = folder
        self._journal: int | None = None
        self._path = Path()
        self._writing, self._lock = threading.Lock(), threading.Lock()
        self._size = 0
        self._stored = 0
        self._fresh: deque[tuple[int, Batch]] = deque(maxlen=FRESH_BATCHES)
        self.lost = 0

    def record(self, link: int, scope: dict[str, Any], route: str) -> None:
        """From any thread, in a microsecond."""
        self._raw.append((link, time.time(), scope["headers"], scope.get("client"), route))

    def write(self) -> int:
        """Puts what has gathered into the journal; how many clicks that were."""
        with self._writing:
            # One by one, since others go on appending: a list that is swapped could lose the one that is on its way.
            raw = [self._raw.popleft() for _place in range(len(self._raw))]
            if not raw:
                return 0
            key, clicks = uuid.uuid4(), note(raw)
            with self._lock:
                start = self._size
                if self._append(_line(key, clicks)):
                    self._fresh.append((start, Batch(self._size, key, clicks)))
                else:
                    self._keep_for_later(raw)
        return len(raw)

    def store(self) -> None:
        """Stores what is in the journal, as far as the database takes it, and empties it then."""
        while self._stored < self._size:
            batches, done = self._next()
            for end, key, clicks in batches:
                if not self._stores(key, clicks):
                    return
                self._stored = end
            self._stored = done
        with self._lock:
            if self._size and self._stored == self._size:
                self._truncate(0)

    def flush(self) -> int:
        """Both."""
        count = self.write()
        self.store()
        return count

    def adopt(self) -> int:
        """Stores what processes that are gone have left; how many journals that were."""
        done = 0
        for path in sorted(self._folder.glob(f"*{ENDING}")):
            if path != self._path and self._took_over(path):
                done += 1
        return done

    def end(self) -> None:
        """At the end of the process: nothing is left behind if the database takes it."""
        self.flush()
        if self._journal is not None:
            if self._size == 0:
                self._path.unlink(missing_ok=True)
            os.close(self._journal)
            self._journal = None

    # the journal ----------------------------------------------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        return self._given_folder or Path(settings.VAR_DIR) / "clicks"

    def _append(self, line: bytes) -> bool:
        try:
            if self._journal is None:
                self._begin()
            assert self._journal is not None
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._journal, rest) :]
        except OSError:
            log.exception("shortener.journal_unwritable")
            if self._journal is not None:
                # Half a line would spoil the next one.
                self._truncate(self._size)
            return False
        self._size += len(line)
        return True

    def _begin(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{uuid.uuid4().hex}{ENDING}"
        # Locked before it has its name: a journal that nobody locks is one whose process is gone.
        hidden = path.with_suffix(".new")
        self._journal = os.open(hidden, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._journal, fcntl.LOCK_EX)
        hidden.rename(path)
        self._path, self._size, self._stored = path, 0, 0

    def _truncate(self, size: int) -> None:
        assert self._journal is not None
        try:
            os.ftruncate(self._journal, size)
        except OSError:
            log.exception("shortener.journal_unwritable")
            return
        self._size = size
        if size < self._stored:
            self._stored = size
        if size == 0:
            # Their places are those of lines that are gone: one of the same place would be taken for the new line there, which then is lost.
            self._fresh.clear()

    def _keep_for_later(self, raw: list[Raw]) -> None:
        room = max(0, MOST_WAITING - len(self._raw))
        self._raw.extendleft(reversed(raw[:room]))
        if len(raw) > room:
            self.lost += len(raw) - room
            log.error("shortener.clicks_lost", extra={"lost": self.lost})

    # the database ---------------------------------------------------------------------------------------------------

    def _stores(self, key: uuid.UUID, clicks: list[Noted]) -> bool:
        """False while the database is away."""
        try:
            self._store(key, clicks)
        except (DataError, IntegrityError):
            log.exception("shortener.clicks_refused", extra={"clicks": len(clicks)})
            with (self._folder / REFUSED).open("ab") as kept:
                kept.write(_line(key, clicks))
        except DatabaseTrouble as error:
            log.warning("shortener.clicks_wait", extra={"error": type(error).__name__})
            return False
        return True

    def _next(self) -> "tuple[Iterable[Batch], int]":
        """What comes after what is stored, and where one is when all that is done: from memory if it has just been written, and otherwise
        from the journal."""
        with self._lock:
            while self._fresh and self._fresh[0][0] < self._stored:
                self._fresh.popleft()
            if self._fresh and self._fresh[0][0] == self._stored:
                _start, batch = self._fresh.popleft()
                return [batch], batch.end
            size = self._size
        return _batches(self._path, self._stored, size), size

    def _took_over(self, path: Path) -> bool:
        try:
            left = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(left).st_nlink:
                return False
            if not all(self._stores(key, clicks) for _end, key, clicks in _batches(path, 0, os.fstat(left).st_size)):
                return False
            path.unlink()
        except BlockingIOError:
            return False
        finally:
            os.close(left)
        log.info("shortener.journal_taken_over")
        return True


def _line(key: uuid.UUID, clicks: list[Noted]) -> bytes:
    """``["KEY",[CLICK,CLICK]]``, a few clicks at a time: whoever answers meanwhile need not wait for all of them."""
    parts = [to_json(clicks[place : place + YIELD_EVERY])[1:-1] for place in range(0, len(clicks), YIELD_EVERY)]
    return b'["%b",[%b]]\n' % (key.hex.encode(), b",".join(parts))


def _batches(path: Path, offset: int, until: int) -> Iterator[Batch]:
    """Of a journal, from one place to another. A last line that was cut off is none."""
    with path.open("rb") as journal:
        journal.seek(offset)
        for line in journal:
            offset += len(line)
            if offset > until:
                return
            try:
                key, clicks = json.loads(line)
                yield Batch(offset, uuid.UUID(key), [tuple(click) for click in clicks])
            except (ValueError, TypeError, AttributeError):
                log.warning("shortener.journal_line_unreadable", extra={"bytes": len(line)})
