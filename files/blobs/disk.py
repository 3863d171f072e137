"""The local disk."""

import datetime
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from files.blobs.place import Found
from files.blobs.trouble import in_words

PIECE = 1 << 20


class Disk:
    """See :class:`files.blobs.place.Place`."""

    def __init__(self, name: str, storage: FileSystemStorage) -> None:
        self.name, self._storage = name, storage

    def put(self, source: Path, name: str) -> None:
        with in_words():
            target = self._path(name)
            make_folder(target.parent, Path(self._storage.location))
            # Under another name first: nobody must meet half of it.
            coming = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
            try:
                _linked(source, coming)
                coming.chmod(settings.FILE_UPLOAD_PERMISSIONS)
                coming.replace(target)
            finally:
                # It is still there after a failure, and when the target was the same file already.
                coming.unlink(missing_ok=True)
            sync_folder(target.parent)

    def open(self, name: str) -> IO[bytes]:
        with in_words():
            return self._path(name).open("rb")

    def look(self, name: str) -> Found:
        with in_words():
            return _found(name, self._path(name).stat())

    def delete(self, name: str) -> None:
        with in_words():
            self._storage.delete(name)

    def names(self, folder: str) -> Iterator[Found]:
        with in_words():
            try:
                entries = sorted(os.scandir(self._path(folder)), key=lambda entry: entry.name)
            except FileNotFoundError:
                return
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from self.names(f"{folder}{entry.name}/")
                    continue
                try:
                    yield _found(f"{folder}{entry.name}", entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    pass

    def path(self, name: str) -> Path | None:
        return self._path(name)

    def presigned(self, name: str, seconds: int, disposition: str, media_type: str) -> str | None:
        return None

    def tidy(self, before: datetime.datetime) -> None:
        """What was left has a name here, and is found by it."""

    def _path(self, name: str) -> Path:
        return Path(self._storage.path(name))


def make_folder(folder: Path, root: Path) -> None:
    """With those above it up to ``root``, each known to the disk before anything in it is relied on."""
    if folder.is_dir():
        return
    if folder != root:
        make_folder(folder.parent, root)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS is not None:
        # Whatever the process's mask says: another program is to read here.
        folder.chmod(settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def _linked(source: Path, coming: Path) -> None:
    """A second name of the same file, which costs nothing however long it is; a copy where the disk is another or has no such names."""
    try:
        coming.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        with (
            source.open("rb") as given,
            os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as taken,
        ):
            shutil.copyfileobj(given, taken, PIECE)
            taken.flush()
            os.fsync(taken.fileno())


def _found(name: str, stat: os.stat_result) -> Found:
    # Since when it has this name: its bytes may have come long before.
    return Found(name, stat.st_size, datetime.datetime.fromtimestamp(stat.st_ctime, datetime.UTC))
