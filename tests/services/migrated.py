"""Databases with all tables, copied from one that was migrated once for the whole session: that takes twenty seconds of a processor."""

import shutil
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.services import shared

TEMPLATE = "suite_template"


def copy_to(file: Path) -> None:
    """A database file of SQLite at ``file``."""
    shutil.copyfile(shared.made("tables", _sqlite) / "db.sqlite3", file)


def template(url: str) -> str:
    """The name of a database to make others of, on the PostgreSQL server of ``url``."""
    port = urlsplit(url).port
    shared.made(f"tables-{port}", partial(_postgres, url))
    return TEMPLATE


def _sqlite(folder: Path) -> None:
    _migrate(f"sqlite:///{folder / 'db.sqlite3'}")


def _postgres(url: str, folder: Path) -> None:
    server = url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    _migrate(f"{server}/{TEMPLATE}")


def _migrate(url: str) -> None:
    from tests.services.site import LiveSite

    LiveSite(database_url=url).manage("migrate", "--verbosity", "0")
