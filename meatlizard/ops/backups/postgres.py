"""PostgreSQL, by its own programs."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from meatlizard.ops.backups import programs
from meatlizard.ops.backups.copying import Copying
from meatlizard.ops.backups.counts import Counts, count
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
DERIVED = "meatlizard_vectors"
"""The schema of what is made of other tables, and the extension that is made with: another server may not have it."""

LEFT_OUT = re.compile(rf" (EXTENSION|SCHEMA) (- )?(vector|{DERIVED})\b| COMMENT - EXTENSION vector\b")
LOCK = 4_735_127
"""A number of our own."""

LOCK_SECONDS = 3.0
AS_TEXT = (
    "timezone = 'UTC'",
    "datestyle = 'ISO, YMD'",
    "intervalstyle = 'postgres'",
    "extra_float_digits = 1",
    "bytea_output = 'hex'",
)
"""How rows become text, so that the same row is the same text wherever it is."""


class Postgres:
    part = "database.dump"

    @contextmanager
    def alone(self, settings: dict[str, Any]) -> Iterator[bool]:
        """The lock goes with its connection. That of a process just killed is still there for a moment."""
        with _connected(settings, autocommit=True) as link:
            end = time.monotonic() + LOCK_SECONDS
            while not (free := bool(_first(link, f"SELECT pg_try_advisory_lock({LOCK})"))) and time.monotonic() < end:
                time.sleep(0.1)
            yield free

    @contextmanager
    def copying(self, settings: dict[str, Any], scratch: Path) -> Iterator[Copying]:
        with _connected(settings) as link:
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot = _first(link, "SELECT pg_export_snapshot()")
            counts = _counts(link)
            size = _first(link, "SELECT pg_database_size(current_database())")
            version = _first(link, "SHOW server_version")
            # The program looks at the very moment that is counted here. What it writes is compressed by us, and better.
            with programs.reading(settings, "pg_dump", "-Fc", "-Z0", "--no-owner", "--no-privileges",
                                  f"--exclude-schema={DERIVED}", f"--snapshot={snapshot}") as dump:  # fmt: skip
                yield Copying(dump, counts, size, version)

    def try_out(self, settings: dict[str, Any], copy: Path, expected: Counts) -> str:
        if not self._may_create(settings):
            listed = programs.run(settings, "pg_restore", "--list", str(copy), connect=False)
            tables = sum(" TABLE DATA public " in line for line in listed.splitlines())
            if tables != len(expected.rows):
                raise Damaged("The list of tables in it is not what the manifest says.")
            return "the database was listed and not restored on trial, since this role may create no database"
        name = f"meatlizard_trial_{secrets.token_hex(6)}"
        scratch = {**settings, "NAME": name}
        with scratch_database(settings, name):
            programs.run(
                scratch, "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={programs.place(scratch)}",
                f"--use-list={_wanted(scratch, copy)}", str(copy), connect=False,
            )  # fmt: skip
            with _connected(scratch) as restored:
                expected.compare(_counts(restored))
        return ""

    def replace(self, settings: dict[str, Any], copy: Path) -> None:
        script = copy.with_suffix(".sql")
        # A file and no pipe: of a dump that breaks off, the reader of a pipe would keep the first half.
        programs.run(settings, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}",
             f"--use-list={_wanted(settings, copy)}", str(copy), connect=False)  # fmt: skip
        programs.run(settings, "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
             "--command=SET lock_timeout = '30s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
             f"DROP SCHEMA IF EXISTS {DERIVED} CASCADE;", f"--file={script}")  # fmt: skip

    def _may_create(self, settings: dict[str, Any]) -> bool:
        with _connected(settings) as link:
            return bool(_first(link, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"))


@contextmanager
def scratch_database(settings: dict[str, Any], name: str) -> Iterator[None]:
    """An empty one at the same server, which goes at the end. Raises BackupFailed where this role may make none."""
    with _connected(settings, autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield
        finally:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _wanted(settings: dict[str, Any], copy: Path) -> Path:
    """A list of what the copy holds, for the programs, without what is made anew here where it can be."""
    listed = programs.run(settings, "pg_restore", "--list", str(copy), connect=False)
    to = copy.with_suffix(".list")
    to.write_text("".join(line for line in listed.splitlines(keepends=True) if not LEFT_OUT.search(line)))
    return to


@contextmanager
def _connected(settings: dict[str, Any], autocommit: bool = False) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(**programs.parameters(settings), autocommit=autocommit) as link:
            yield link
    except psycopg.Error as error:
        raise BackupFailed(f"PostgreSQL refused: {str(error).splitlines()[0]}") from error


def _first(link: psycopg.Connection, query: Any) -> Any:
    row = link.execute(query).fetchone()
    assert row is not None
    return row[0]


def _counts(link: psycopg.Connection) -> Counts:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return link.execute(query.encode()).fetchall()

    def look(table: str) -> tuple[int, str]:
        query = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t"  # noqa: S608  (quoted)
        ((rows, total),) = ask(query)
        return rows, f"{int(total) % 2**64:016x}"

    for setting in AS_TEXT:
        link.execute(f"SET LOCAL {setting}".encode())
    return count(ask, [name for (name,) in ask(TABLES)], look)
