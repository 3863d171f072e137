"""That only one backup is made or brought back at a time, and where it may spread meanwhile."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from meatlizard.ops.backups import databases
from meatlizard.ops.backups.trouble import BackupFailed

UNFINISHED = ".unfinished-"
BUSY = "A backup is being made, verified or restored already. Wait until it has ended."


@contextmanager
def alone() -> Iterator[None]:
    """Raises BackupFailed when another process is at it, of this machine or, with PostgreSQL, of any that has this database. Ends with the process,
    however that ends."""
    folder = Path(settings.VAR_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupFailed(BUSY, code="backup_runs") from error
        with databases.present().alone(connection.settings_dict) as free:
            if not free:
                raise BackupFailed(BUSY, code="backup_runs")
            yield
    finally:
        os.close(lock)


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that goes at the end, with those that killed processes have left. Hold :func:`alone`."""
    folder = Path(settings.VAR_DIR) / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as made:
        yield Path(made)
