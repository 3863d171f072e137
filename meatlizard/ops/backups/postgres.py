"""PostgreSQL, by its own programs. The password goes to them in the environment, where no list of processes shows it."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from meatlizard.ops.backups.counts import Counts, count
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
DERIVED = "meatlizard_vectors"
"""The schema of what is made of other tables, and the extension that is made with: another server may not have it."""

LEFT_OUT = re.compile(rf" (EXTENSION|SCHEMA) (- )?(vector|{DERIVED})\b| COMMENT - EXTENSION vector\b")
OURS_ALONE = frozenset({"pool", "isolation_level", "server_side_binding", "assume_role", "context"})
"""Options that Django understands and libpq does not."""


class Postgres:
    part = "database.dump"

    def copy(self, settings: dict[str, Any], to: Path) -> Counts:
        with _connected(settings) as link:
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot = _first(link, "SELECT pg_export_snapshot()")
            # The program looks at the very moment that is counted here.
            _run(settings, "pg_dump", "-Fc", "--no-owner", "--no-privileges", f"--exclude-schema={DERIVED}", f"--snapshot={snapshot}",
                 f"--file={to}")  # fmt: skip
            return _counts(link)

    def try_out(self, settings: dict[str, Any], copy: Path, expected: Counts) -> str:
        if not self._may_create(settings):
            listed = _run(settings, "pg_restore", "--list", str(copy), connect=False)
            tables = sum(" TABLE DATA public " in line for line in listed.splitlines())
            if tables != len(expected.rows):
                raise Damaged("The list of tables in it is not what the manifest says.")
            return "the database was listed and not restored on trial, since this role may create no database"
        name = f"meatlizard_trial_{secrets.token_hex(6)}"
        scratch = {**settings, "NAME": name}
        with _connected(settings, autocommit=True) as link:
            link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            try:
                _run(scratch, "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={_place(scratch)}",
                     f"--use-list={_wanted(scratch, copy)}", str(copy), connect=False)  # fmt: skip
                with _connected(scratch) as restored:
                    expected.compare(_counts(restored))
            finally:
                link.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        return ""

    def replace(self, settings: dict[str, Any], copy: Path) -> None:
        script = copy.with_suffix(".sql")
        # A file and no pipe: of a dump that breaks off, the reader of a pipe would keep the first half.
        _run(settings, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}",
             f"--use-list={_wanted(settings, copy)}", str(copy), connect=False)  # fmt: skip
        _run(settings, "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
             "--command=SET lock_timeout = '30s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
             f"DROP SCHEMA IF EXISTS {DERIVED} CASCADE;", f"--file={script}")  # fmt: skip

    def _may_create(self, settings: dict[str, Any]) -> bool:
        with _connected(settings) as link:
            return bool(_first(link, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"))


def _wanted(settings: dict[str, Any], copy: Path) -> Path:
    """A list of what the copy holds, for the programs, without what is made anew here where it can be."""
    listed = _run(settings, "pg_restore", "--list", str(copy), connect=False)
    to = copy.with_suffix(".list")
    to.write_text("".join(line for line in listed.splitlines(keepends=True) if not LEFT_OUT.search(line)))
    return to


def _parameters(settings: dict[str, Any]) -> dict[str, Any]:
    given = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    options = {name: value for name, value in settings.get("OPTIONS", {}).items() if name not in OURS_ALONE}
    return {**options, **{name: settings[key] for name, key in given.items() if settings.get(key)}}


def _place(settings: dict[str, Any]) -> str:
    return make_conninfo(**{name: value for name, value in _parameters(settings).items() if name != "password"})


@contextmanager
def _connected(settings: dict[str, Any], autocommit: bool = False) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(**_parameters(settings), autocommit=autocommit) as link:
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

    return count(ask, [name for (name,) in ask(TABLES)])


def _run(settings: dict[str, Any], program: str, *arguments: str, connect: bool = True) -> str:
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} is not installed here. It comes with PostgreSQL's client programs.")
    password = settings.get("PASSWORD")
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    where = [f"--dbname={_place(settings)}", "--no-password"] if connect else []
    done = subprocess.run(  # noqa: S603  (PostgreSQL's own; no shell reads them)
        [found, *where, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it ended without a word"]
        # Its name says enough of a file, and where it lies is nobody's business.
        said = re.sub(r'"/[^"]*/([^"/]+)"', r'"\1"', lines[0].removeprefix(f"{program}: "))
        raise BackupFailed(f"{program} failed: {said}")
    return done.stdout
