"""A folder of this machine."""

import datetime
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from meatlizard.ops.backups.places.place import Lying

COMING = ".coming-"


class Disk:
    """See :class:`meatlizard.ops.backups.places.Place`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._touched: set[Path] = set()

    @property
    def label(self) -> str:
        return str(self._root)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        path = self._root / name
        self._make(path.parent)
        # Under another name first: what has its own is whole.
        coming = path.with_name(f"{COMING}{uuid.uuid4().hex}")
        try:
            with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            coming.rename(path)
        finally:
            coming.unlink(missing_ok=True)
        self._touched.add(path.parent)

    def reading(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return (self._root / name).open("rb")

    def names(self, folder: str) -> Iterator[Lying]:
        top = self._root / folder
        for at, folders, files in os.walk(top):
            folders[:] = [one for one in folders if not one.startswith(".")]
            for file in files:
                path = Path(at) / file
                if file.startswith(COMING) or path.is_symlink():
                    continue
                found = path.stat()
                changed = datetime.datetime.fromtimestamp(found.st_mtime, datetime.UTC)
                yield Lying(path.relative_to(self._root).as_posix(), found.st_size, changed)

    def delete(self, name: str) -> None:
        path = self._root / name
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:
            # There is more in it, or another process was faster.
            pass

    def settle(self) -> None:
        while self._touched:
            _sync(self._touched.pop())

    def tidy(self, before: datetime.datetime) -> None:
        for path in self._root.rglob(f"{COMING}*"):
            if path.lstat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self._root:
            self._make(folder.parent)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._touched.add(folder.parent)


def _sync(folder: Path) -> None:
    try:
        entry = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
