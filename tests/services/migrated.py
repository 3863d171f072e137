"""Databases with all tables, copied from one that was migrated once for the whole session: that takes twenty seconds of a processor."""

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.services import postgres, shared

TEMPLATE = "suite_template"


def copy_to(file: Path) -> None:
    """A database file of SQLite at ``file``."""
    shutil.copyfile(shared.made("tables", _sqlite) / "db.sqlite3", file)


def fill(url: str) -> None:
    """Makes all tables in an empty database of PostgreSQL, as its migrations leave them."""
    # Each kind of server is migrated by itself: migrations ask what it can.
    kind = "pgvector" if os.environ.get(postgres.WITH_PGVECTOR) else "plain"
    dump = shared.made(f"tables-{kind}", partial(_dumped, url)) / "tables.sql"
    _program("psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", str(dump), "--dbname", url)


def template(url: str) -> str:
    """The name of a database to make others of, on the PostgreSQL server of ``url``."""
    shared.made(f"template-{urlsplit(url).port}", lambda _folder: fill(_empty(url, TEMPLATE)))
    return TEMPLATE


def _sqlite(folder: Path) -> None:
    _migrate(f"sqlite:///{folder / 'db.sqlite3'}")


def _dumped(url: str, folder: Path) -> None:
    scratch = _empty(url, "suite_migrated")
    _migrate(scratch)
    _program("pg_dump", "--no-owner", "--file", str(folder / "tables.sql"), "--dbname", scratch)


def _empty(url: str, name: str) -> str:
    server = url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def _migrate(url: str) -> None:
    from tests.services.site import LiveSite

    LiveSite(database_url=url).manage("migrate", "--verbosity", "0")


def _program(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [postgres.program(name), *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{name}:\n{done.stderr}"
