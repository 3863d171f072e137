"""Files that were made, in the site's storage."""

import logging
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages

from files.blobs.trouble import in_words

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
DEEP: Final = 6
"""Folders below that of a video; more there are not."""


class Moved(File):  # type: ignore[type-arg]
    """A file that the storage may take away instead of reading it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def keep(made: Path, name: str, *, meanwhile: Callable[[], object] = bool) -> str:
    """Puts a file under ``name``; where it lies then, which is elsewhere when something has that name. It is safe from a power cut, and gone
    from where it was. ``meanwhile`` is called again and again while it is on its way to a bucket.

    Raises DiskFull, Unreachable.
    """
    with in_words():
        with made.open("rb") as file:
            os.fsync(file.fileno())
            kept = default_storage.save(name, Moved(file, str(made))) if _on_disk() else _sent(file, name, meanwhile)
        made.unlink(missing_ok=True)
    return kept


def _sent(file: Any, name: str, meanwhile: Callable[[], object]) -> str:
    with ThreadPoolExecutor(1, "video bucket") as pool:
        sending = pool.submit(default_storage.save, name, File(file))
        while not wait([sending], LOOK_SECONDS).done:
            meanwhile()
        return sending.result()


def path_of(name: str) -> Path | None:
    """On this machine's disk; None where it lies elsewhere."""
    return Path(default_storage.path(name)) if _on_disk() else None


def brought(name: str, folder: Path) -> Path:
    """On this machine: as it lies here, or as a copy in ``folder``. Raises FileNotFoundError, Unreachable."""
    if (path := path_of(name)) is not None:
        return path
    copy = folder / name.replace("/", "-")
    with in_words(), default_storage.open(name, "rb") as stored, copy.open("wb") as file:
        shutil.copyfileobj(stored, file, 1 << 20)
    return copy


def delete(name: str) -> None:
    """What cannot be deleted now is found by :func:`delete_others` or with the video's folder."""
    try:
        default_storage.delete(name)
    except OSError:
        log.exception("video.not_deleted")


def delete_folder(folder: str) -> None:
    """All there is below it."""
    if _on_disk():
        shutil.rmtree(default_storage.path(folder), ignore_errors=True)
        return
    for name in names_below(folder):
        delete(name)


def delete_others(folder: str, names: set[str]) -> int:
    """What lies in ``folder`` itself and is none of these; how many went."""
    try:
        _folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    others = [name for name in files if name and name not in names]
    for name in others:
        delete(f"{folder}/{name}")
    return len(others)


def names_below(folder: str, deep: int = DEEP) -> list[str]:
    """Full names of the files."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    found = [f"{folder}/{name}" for name in files if name]
    for one in folders if deep else ():
        found += names_below(f"{folder}/{one}", deep - 1)
    return found


def _on_disk() -> bool:
    return isinstance(storages["default"], FileSystemStorage)
