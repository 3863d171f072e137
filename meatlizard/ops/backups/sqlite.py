"""SQLite, by its own backup interface: a copy while others write, and a replacement in one transaction."""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meatlizard.ops.backups.copying import Copying
from meatlizard.ops.backups.counts import Counts, count
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

PATIENCE = 30.0
"""Seconds to wait for a database that somebody else holds."""

PAGES = 256


class Sqlite:
    part = "database.sqlite3"

    def alone(self, settings: dict[str, Any]) -> contextlib.AbstractContextManager[bool]:
        return contextlib.nullcontext(True)

    @contextlib.contextmanager
    def copying(self, settings: dict[str, Any], scratch: Path) -> Iterator[Copying]:
        """SQLite's interface writes a copy before it can be read: the one thing that lies here twice for a while."""
        to = scratch / self.part
        with _in_words(), _opened(self._file(settings)) as source, _opened(to) as target:
            # In one step, so that it begins only once, however much is written meanwhile.
            source.backup(target, progress=_until(time.monotonic() + PATIENCE))
            # One file that stands for itself.
            target.execute("PRAGMA journal_mode=DELETE")
            counts = self._counts(target)
        with to.open("rb") as copy:
            yield Copying(copy, counts, to.stat().st_size, sqlite3.sqlite_version)
        to.unlink()

    def try_out(self, settings: dict[str, Any], copy: Path, expected: Counts) -> str:
        try:
            with _opened(copy) as database:
                said = database.execute("PRAGMA integrity_check").fetchone()[0]
                if said != "ok":
                    raise Damaged("Restored on trial, SQLite finds the database damaged.")
                expected.compare(self._counts(database))
        except sqlite3.DatabaseError as error:
            raise Damaged(f"Restored on trial, SQLite cannot read the database: {error}.") from error
        return ""

    def replace(self, settings: dict[str, Any], copy: Path) -> None:
        with _in_words(), _opened(copy) as source, _opened(self._file(settings)) as target:
            target.execute("PRAGMA journal_mode=WAL")
            # One transaction of the target, however many steps: until its end the old database is what there is.
            source.backup(target, pages=PAGES, progress=_until(time.monotonic() + PATIENCE))

    def _file(self, settings: dict[str, Any]) -> Path:
        name = str(settings["NAME"])
        if name == ":memory:" or name.startswith("file:"):
            raise BackupFailed("A database in memory cannot be backed up or restored.")
        return Path(name)

    def _counts(self, database: sqlite3.Connection) -> Counts:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        return count(database.execute, [name for (name,) in tables.fetchall()], lambda table: _looked(database, table))


def _looked(database: sqlite3.Connection, table: str) -> tuple[int, str]:
    rows, total = 0, 0
    for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608  (quoted by who gives it)
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return rows, f"{total % 2**64:016x}"


def _opened(path: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(path, timeout=PATIENCE))


def _until(end: float) -> Any:
    """Ends the waiting for a lock; without this SQLite's interface tries for ever."""

    def progress(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise BackupFailed("The database is in use. Stop the site, and try again.", code="database_busy")

    return progress


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise BackupFailed(f"There is no room left on the disk, or it fails: {error}.", code="disk_full") from error
        raise BackupFailed(f"SQLite refused: {error}.") from error
