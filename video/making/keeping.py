"""Files that were made, in the site's storage."""

import datetime
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.utils import timezone

from files.blobs.trouble import DiskFull, Unreachable, in_words

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
DEEP: Final = 6
"""Folders below that of a video; more there are not."""

LATER: Final = datetime.timedelta(minutes=10)


class Moved(File):  # type: ignore[type-arg]
    """A file that the storage may take away instead of reading it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def keep(made: Path, name: str, *, meanwhile: Callable[[], object] = bool) -> str:
    """Puts a file under ``name``; where it lies then, which is elsewhere when something has that name. It is safe from a power cut, and gone
    from where it was. ``meanwhile`` is called again and again while it is on its way to a bucket.

    Raises DiskFull, Unreachable.
    """
    with told():
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
    with told(), default_storage.open(name, "rb") as stored, copy.open("wb") as file:
        shutil.copyfileobj(stored, file, 1 << 20)
    return copy


def delete(name: str) -> None:
    """What cannot be deleted now is found by :func:`delete_others` or with the video's folder."""
    try:
        with told():
            default_storage.delete(name)
    except (OSError, DiskFull, Unreachable):
        log.exception("video.not_deleted")


def delete_folder(folder: str) -> None:
    """All there is below it; later, where the storage does not answer now."""
    if _on_disk():
        shutil.rmtree(default_storage.path(folder), ignore_errors=True)
        return
    try:
        for name in names_below(folder):
            with told():
                default_storage.delete(name)
    except Unreachable:
        from video.making import jobs

        jobs.delete_folder.using(run_after=timezone.now() + LATER).enqueue(folder)


def delete_others(folder: str, names: set[str]) -> int:
    """What lies in ``folder`` itself and is none of these; how many went. Raises Unreachable."""
    try:
        with told():
            _folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    others = [name for name in files if name and name not in names]
    for name in others:
        delete(f"{folder}/{name}")
    return len(others)


def names_below(folder: str, deep: int = DEEP) -> list[str]:
    """Full names of the files. Raises Unreachable."""
    try:
        with told():
            folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    found = [f"{folder}/{name}" for name in files if name]
    for one in folders if deep else ():
        found += names_below(f"{folder}/{one}", deep - 1)
    return found


@contextmanager
def told() -> Iterator[None]:
    """Turns what the disk or the bucket answers into DiskFull, Unreachable and FileNotFoundError."""
    with ExitStack() as stack:
        stack.enter_context(in_words())
        if not _on_disk():
            from files.blobs import answers

            stack.enter_context(answers.in_words())
        yield


def _on_disk() -> bool:
    return isinstance(storages["default"], FileSystemStorage)
