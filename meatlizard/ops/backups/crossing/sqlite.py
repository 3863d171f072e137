"""Rows out of a file of SQLite, and into one."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meatlizard.ops.backups.crossing.tables import Table
from meatlizard.ops.backups.crossing.values import FROM_SQLITE, kind, to_sqlite
from meatlizard.ops.backups.trouble import BackupFailed

BATCH = 500


class File:
    """See :class:`meatlizard.ops.backups.crossing.carrying.Database`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tables(self, known: list[Table]) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
        with contextlib.closing(sqlite3.connect(self._path)) as link:
            for table in known:
                yield table, self._rows(link, table)

    def counters(self) -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(self._path)) as link:
            return dict(link.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0"))

    def fill(self, tables: Iterator[tuple[Table, Iterator[list[Any]]]], known: list[Table]) -> None:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as link:
            # Rows come in the order of tables, not of what names what; all is looked at in the end.
            link.execute("PRAGMA foreign_keys = OFF")
            link.execute("BEGIN")
            for table in known:
                link.execute(f"DELETE FROM {_quoted(table.name)}")  # noqa: S608
            for table, rows in tables:
                kinds = [kind(column) for column in table.columns.values()]
                names = ", ".join(map(_quoted, table.columns))
                marks = ", ".join("?" * len(kinds))
                link.executemany(
                    f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({marks})",  # noqa: S608
                    ([to_sqlite(one, value) for one, value in zip(kinds, row, strict=True)] for row in rows),
                )
            wrong = link.execute("PRAGMA foreign_key_check").fetchone()
            if wrong is not None:
                raise BackupFailed(f"A row of the table {wrong[0]} names one that is not there.", code="cannot_cross")
            link.execute("COMMIT")

    def count_on(self, counters: dict[str, int], known: list[Table]) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as link, link:
            for table in known:
                if table.counted and table.name in counters:
                    link.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table.name])
                    link.execute(
                        "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table.name, counters[table.name]]
                    )

    def _rows(self, link: sqlite3.Connection, table: Table) -> Iterator[list[Any]]:
        reads = [FROM_SQLITE[kind(column)] for column in table.columns.values()]
        names = ", ".join(map(_quoted, table.columns))
        for row in link.execute(f"SELECT {names} FROM {_quoted(table.name)}"):  # noqa: S608
            yield [None if value is None else read(value) for read, value in zip(reads, row, strict=True)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
