"""Rows out of a dump of PostgreSQL, for which its own program suffices and no server is needed; and out of and into a database."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from meatlizard.ops.backups import programs
from meatlizard.ops.backups.crossing.tables import Table
from meatlizard.ops.backups.crossing.values import FROM_POSTGRES, kind, to_postgres, unescaped
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

COPY = re.compile(rb"COPY public\.(\S+) \((.*)\) FROM stdin;\n")
COUNTER = re.compile(rb"SELECT pg_catalog\.setval\('public\.\"?(\w+)_id_seq\"?', (\d+), (true|false)\);\n")


class Dump:
    """See :class:`meatlizard.ops.backups.crossing.carrying.Source`. Counters are known once all rows were read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counters: dict[str, int] = {}

    def tables(self, known: list[Table]) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
        wanted = {table.name: table for table in known}
        with programs.reading({}, "pg_restore", "--data-only", "--file=-", str(self._path), connect=False) as script:
            for line in script:
                if counter := COUNTER.fullmatch(line):
                    self._counters[counter[1].decode()] = int(counter[2]) - (counter[3] == b"false")
                if not (found := COPY.fullmatch(line)):
                    continue
                table = wanted.get(_plain(found[1]))
                if table is None:
                    for _row in _lines(script):
                        pass
                    continue
                there = [_plain(name) for name in found[2].split(b", ")]
                # What migrations have left behind for an older program at work is in no table of today.
                if not set(table.columns) <= set(there):
                    raise Damaged(f"The table {table.name} of the dump has not the columns that it should.")
                yield table, _rows(_lines(script), table, there)

    def counters(self) -> dict[str, int]:
        return {name: value for name, value in self._counters.items() if value > 0}


class Server:
    """A database at a server; ``settings`` are Django's."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    def tables(self, known: list[Table]) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
        with self._connected() as link:
            link.execute("SET timezone = 'UTC'")
            for table in known:
                names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
                query = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table.name), names)
                with link.cursor().copy(query) as copy:
                    yield table, _rows(_split(copy), table, list(table.columns))

    def fill(self, tables: Iterator[tuple[Table, Iterator[list[Any]]]], known: list[Table]) -> None:
        with self._connected() as link:
            link.execute(
                sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(sql.Identifier(one.name) for one in known))
            )
            for table, rows in tables:
                kinds = [kind(column) for column in table.columns.values()]
                names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
                try:
                    with link.cursor().copy(
                        sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
                    ) as copy:
                        for row in rows:
                            copy.write_row([to_postgres(one, value) for one, value in zip(kinds, row, strict=True)])
                except psycopg.DataError as error:
                    said = str(error).splitlines()[0]
                    raise BackupFailed(
                        f"PostgreSQL refuses a row of the table {table.name}: {said}.", code="cannot_cross"
                    ) from error

    def count_on(self, counters: dict[str, int], known: list[Table]) -> None:
        with self._connected() as link:
            for table in known:
                if table.counted and table.name in counters:
                    link.execute(
                        "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                        [f'"{table.name}"', table.counted, counters[table.name]],
                    )

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        try:
            with psycopg.connect(**programs.parameters(self._settings)) as link:
                yield link
        except psycopg.Error as error:
            raise BackupFailed(f"PostgreSQL refused: {str(error).splitlines()[0]}", code="cannot_cross") from error


def _rows(lines: Iterable[bytes], table: Table, there: list[str]) -> Iterator[list[Any]]:
    """In the order of the table's columns, whatever the order there."""
    columns = [(there.index(name), FROM_POSTGRES[kind(column)]) for name, column in table.columns.items()]
    for line in lines:
        fields = [unescaped(field) for field in line.rstrip(b"\n").split(b"\t")]
        if len(fields) != len(there):
            raise Damaged(f"A row of the table {table.name} has not as many columns as the table.")
        yield [None if (text := fields[place]) is None else read(text) for place, read in columns]


def _lines(script: IO[bytes]) -> Iterator[bytes]:
    for line in script:
        if line == b"\\.\n":
            return
        yield line
    raise Damaged("The dump breaks off within a table.")


def _split(copy: Iterable[Any]) -> Iterator[bytes]:
    left = b""
    for piece in copy:
        *lines, left = (left + bytes(piece)).split(b"\n")
        yield from lines


def _plain(name: bytes) -> str:
    return name.decode().strip('"')
