"""That only one backup is made or brought back at a time, and where it may spread meanwhile."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from meatlizard.ops.backups.trouble import BackupFailed

UNFINISHED = ".unfinished-"


@contextmanager
def alone() -> Iterator[None]:
    """Raises BackupFailed when another process of this machine is at it. Ends with the process, however that ends."""
    folder = Path(settings.VAR_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupFailed("A backup is being made or restored already. Wait until it has ended.") from error
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
