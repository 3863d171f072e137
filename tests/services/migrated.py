"""Databases with all tables, copied from one that was migrated once for the whole session: that takes twenty seconds of a processor."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.services import postgres, shared

TEMPLATE = "suite_template"
KEPT = "KEEP_TABLES"
"""A folder in which migrated tables outlive the session: for who runs single files again and again. A whole run migrates afresh."""

ROOT = Path(__file__).parents[2]
MAKES_TABLES = re.compile(
    r"migrations/|/models/|models\.py$|apps\.py$|fulltext|search|vectors/|requirements\.txt$|/words\.py$"
)


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
    _kept(folder / "db.sqlite3", lambda file: _migrate(f"sqlite:///{file}"))


def _dumped(url: str, folder: Path) -> None:
    kind = "pgvector" if os.environ.get(postgres.WITH_PGVECTOR) else "plain"
    _kept(folder / "tables.sql", partial(_dump, url), kind)


def _kept(file: Path, make: Callable[[Path], None], kind: str = "") -> None:
    """Makes ``file``, or copies what an earlier session made by the same code."""
    if not os.environ.get(KEPT):
        make(file)
        return
    place = Path(os.environ[KEPT]) / f"{_code()}{kind}-{file.name}"
    if not place.exists():
        make(file)
        place.parent.mkdir(parents=True, exist_ok=True)
        begun = place.with_suffix(f".{os.getpid()}")
        shutil.copyfile(file, begun)
        begun.rename(place)
    shutil.copyfile(place, file)


def _code() -> str:
    """A hash of all that has a part in making tables."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    read = hashlib.sha256()
    for name in sorted(names.stdout.splitlines()):
        if (
            MAKES_TABLES.search(name)
            and not name.startswith(("tests/", "frontend/", "docs/"))
            and (ROOT / name).is_file()
        ):
            read.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return read.hexdigest()[:16]


def _dump(url: str, file: Path) -> None:
    scratch = _empty(url, "suite_migrated")
    _migrate(scratch)
    _program("pg_dump", "--no-owner", "--file", str(file), "--dbname", scratch)


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
