"""PostgreSQL's own programs. The password goes to them in the environment, where no list of processes shows it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from psycopg.conninfo import make_conninfo

from meatlizard.ops.backups.trouble import BackupFailed

OURS_ALONE = frozenset({"pool", "isolation_level", "server_side_binding", "assume_role", "context"})
"""Options that Django understands and libpq does not."""


def parameters(settings: dict[str, Any]) -> dict[str, Any]:
    given = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    options = {name: value for name, value in settings.get("OPTIONS", {}).items() if name not in OURS_ALONE}
    return {**options, **{name: settings[key] for name, key in given.items() if settings.get(key)}}


def place(settings: dict[str, Any]) -> str:
    return make_conninfo(**{name: value for name, value in parameters(settings).items() if name != "password"})


def run(settings: dict[str, Any], program: str, *arguments: str, connect: bool = True) -> str:
    """What it prints. Raises BackupFailed with its own first words."""
    done = subprocess.run(  # noqa: S603  (PostgreSQL's own; no shell reads them)
        _command(settings, program, arguments, connect), env=_environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise _failed(program, done.stderr)
    return done.stdout


@contextmanager
def reading(settings: dict[str, Any], program: str, *arguments: str, connect: bool = True) -> Iterator[IO[bytes]]:
    """What it prints, while it prints it. Leaving the block raises BackupFailed when the program has failed; an error in the block ends it."""
    with tempfile.TemporaryFile() as said, subprocess.Popen(  # noqa: S603  (as above)
        _command(settings, program, arguments, connect), env=_environment(settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=said,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        try:
            yield running.stdout
        except BaseException:
            running.kill()
            raise
        running.stdout.close()
        if running.wait():
            said.seek(0)
            raise _failed(program, said.read().decode(errors="replace"))


def _command(settings: dict[str, Any], program: str, arguments: tuple[str, ...], connect: bool) -> list[str]:
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} is not installed here. It comes with PostgreSQL's client programs.")
    return [found, *([f"--dbname={place(settings)}", "--no-password"] if connect else []), *arguments]


def _environment(settings: dict[str, Any]) -> dict[str, str]:
    password = settings.get("PASSWORD")
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


def _failed(program: str, said: str) -> BackupFailed:
    lines = said.strip().splitlines() or ["it ended without a word"]
    # Its name says enough of a file, and where it lies is nobody's business.
    first = re.sub(r'"/[^"]*/([^"/]+)"', r'"\1"', lines[0].removeprefix(f"{program}: "))
    return BackupFailed(f"{program} failed: {first}")
