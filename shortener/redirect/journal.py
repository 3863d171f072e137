"""Clicks between the answer and the database.

An answered click is a reference to the request in memory; every FLUSH_SECONDS a thread of its own writes what has gathered to a journal,
one line for each batch, without anybody's address, and stores the batch in the database. What could not be stored stays in the journal
and is stored later, once: each batch has a key. So ``kill -9`` loses what was answered since the last flush, less than LOST_AT_MOST
seconds, and a database, worker or Redis that is away loses nothing.

A journal belongs to the process that holds its lock; one whose process is gone is taken over by the next that looks.
"""

import fcntl
import json
import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db import Error as DatabaseTrouble

from shortener.redirect.recording import Noted, Raw, note

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.5
LOST_AT_MOST: Final = 1.0
MOST_WAITING: Final = 500_000
"""Clicks in memory while the disk takes no journal. What is more is lost, and said to be."""

ENDING: Final = ".journal"
REFUSED: Final = "refused.lines"
"""Batches that the database will never take: kept for whoever finds out why, and in nobody's way."""

Store = Callable[[uuid.UUID, list[Noted]], bool]
"""Stores a batch; False when one of this key is stored already. Raises the database's errors."""


class Recorder:
    """One per process. :meth:`record` belongs to the hot path; the rest to one thread at a time, and raises for nobody's sake."""

    def __init__(self, store: Store, folder: Path | None = None) -> None:
        self._raw: deque[Raw] = deque()
        self._store = store
        self._given_folder = folder
        self._journal: int | None = None
        self._path = Path()
        self._size = 0
        self._stored = 0
        self.lost = 0

    def record(self, link: int, scope: dict[str, Any], route: str) -> None:
        """From any thread, in a microsecond."""
        self._raw.append((link, time.time(), scope["headers"], scope.get("client"), route))

    def flush(self) -> int:
        """Writes and stores what has gathered; how many clicks that were."""
        # One by one, since others go on appending: a list that is swapped could lose the one that is on its way.
        raw = [self._raw.popleft() for _place in range(len(self._raw))]
        behind = self._stored < self._size
        if raw:
            key, clicks = uuid.uuid4(), note(raw)
            if not self._write(_line(key, clicks)):
                self._keep_for_later(raw)
            elif not behind and self._stores(key, clicks):
                self._stored = self._size
        if behind:
            self._catch_up()
        if self._journal is not None and self._size and self._stored == self._size:
            self._truncate(0)
        return len(raw)

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

    def _write(self, line: bytes) -> bool:
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
        self._stored = min(self._stored, size)

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

    def _catch_up(self) -> None:
        for end, key, clicks in _batches(self._path, self._stored):
            if not self._stores(key, clicks):
                return
            self._stored = end
        self._stored = self._size

    def _took_over(self, path: Path) -> bool:
        try:
            left = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(left).st_nlink:
                return False
            if not all(self._stores(key, clicks) for _end, key, clicks in _batches(path, 0)):
                return False
            path.unlink()
        except BlockingIOError:
            return False
        finally:
            os.close(left)
        log.info("shortener.journal_taken_over")
        return True


def _line(key: uuid.UUID, clicks: list[Noted]) -> bytes:
    return json.dumps([key.hex, clicks], separators=(",", ":")).encode() + b"\n"


def _batches(path: Path, offset: int) -> Iterator[tuple[int, uuid.UUID, list[Noted]]]:
    """Of a journal from ``offset`` on: where each ends, its key, its clicks. A last line that was cut off is none."""
    with path.open("rb") as journal:
        journal.seek(offset)
        for line in journal:
            offset += len(line)
            try:
                key, clicks = json.loads(line)
                yield offset, uuid.UUID(key), [tuple(click) for click in clicks]
            except (ValueError, TypeError):
                log.warning("shortener.journal_line_unreadable", extra={"bytes": len(line)})
