"""A backup of one kind of database becomes one of the other."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from meatlizard.ops.backups import databases
from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.crossing import tables
from meatlizard.ops.backups.crossing.postgres import Dump, Server
from meatlizard.ops.backups.crossing.sqlite import File
from meatlizard.ops.backups.crossing.tables import Table
from meatlizard.ops.backups.crossing.values import digest, kind
from meatlizard.ops.backups.postgres import scratch_database
from meatlizard.ops.backups.trouble import Damaged


class Rows(Protocol):
    def tables(self, known: list[Table]) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
        """Each with its rows, which are read before the next."""


class Source(Rows, Protocol):
    def counters(self) -> dict[str, int]:
        """The last number that each table's counter has given, by table. Call it after all rows were read."""


class Database(Rows, Protocol):
    def fill(self, tables: Iterator[tuple[Table, Iterator[list[Any]]]], known: list[Table]) -> None:
        """All rows of ``known`` by these, or none. Raises BackupFailed."""

    def count_on(self, counters: dict[str, int], known: list[Table]) -> None: ...


class Tally:
    """What went by: rows and a sum for each table."""

    def __init__(self, known: list[Table]) -> None:
        self.rows = {table.name: 0 for table in known}
        self.sums = {table.name: 0 for table in known}

    def watching(
        self, found: Iterator[tuple[Table, Iterator[list[Any]]]]
    ) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
        for table, rows in found:
            yield table, self._counted(table, rows)

    def _counted(self, table: Table, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        kinds = [kind(column) for column in table.columns.values()]
        for row in rows:
            self.rows[table.name] += 1
            self.sums[table.name] = (self.sums[table.name] + digest(kinds, row)) % 2**64
            yield row


def carried(copy: Path, expected: Counts, scratch: Path) -> Path:
    """A copy of the present kind with all rows of ``copy``, which is of the other kind; compared, row by row. Raises BackupFailed."""
    known = tables.of(expected.migrations)
    if connection.vendor == "sqlite":
        return _into_sqlite(Dump(copy), known, expected, scratch)
    return _into_postgres(File(copy), known, expected, scratch)


def _into_sqlite(source: Source, known: list[Table], expected: Counts, scratch: Path) -> Path:
    path = scratch / "crossed.sqlite3"
    with tables.standing_in({**connection.settings_dict, "NAME": str(path)}):
        tables.make(expected.migrations)
    _fill(source, File(path), known, expected)
    return path


def _into_postgres(source: Source, known: list[Table], expected: Counts, scratch: Path) -> Path:
    path = scratch / "crossed.dump"
    with _empty(f"meatlizard_crossing_{secrets.token_hex(6)}") as settings:
        with tables.standing_in(settings):
            tables.make(expected.migrations)
        _fill(source, Server(settings), known, expected)
        with databases.present().copying(settings, scratch) as copying, path.open("xb") as out:
            while data := copying.source.read(1 << 20):
                out.write(data)
    return path


def _fill(source: Source, target: Database, known: list[Table], expected: Counts) -> None:
    sent, found = Tally(known), Tally(known)
    target.fill(sent.watching(source.tables(known)), known)
    target.count_on(source.counters(), known)
    for _table, rows in found.watching(target.tables(known)):
        for _row in rows:
            pass
    for table in known:
        if not sent.rows[table.name] == found.rows[table.name] == expected.rows.get(table.name):
            raise Damaged(f"Not all rows of the table {table.name} came into the other kind of database.")
        if sent.sums[table.name] != found.sums[table.name]:
            raise Damaged(f"Rows of the table {table.name} came into the other kind of database with other contents.")


@contextmanager
def _empty(name: str) -> Iterator[dict[str, Any]]:
    settings = {**connection.settings_dict, "NAME": name}
    with scratch_database(connection.settings_dict, name):
        yield settings
