"""Makes a backup: first the database, then the files, so that every file it speaks of was there when it was copied."""

import os
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage, default_storage, storages
from django.db import connection
from django.utils import timezone

from meatlizard.ops.backups import databases, room, sets
from meatlizard.ops.backups.trouble import in_words

IN_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """``vanished``: files that were deleted while the backup was made."""

    path: Path
    size: int
    seconds: float
    files: int
    vanished: int


def take(folder: Path) -> Taken:
    """Writes one set into ``folder``. Raises BackupFailed, and then leaves nothing there."""
    began = time.monotonic()
    with in_words("the backup"), room.alone(), room.scratch(folder) as scratch:
        kind = databases.present()
        copy = scratch / kind.part
        counts = kind.copy(connection.settings_dict, copy)
        unnamed, vanished = scratch / "set", list[str]()
        with os.fdopen(os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with sets.writing(out) as writer:
                with copy.open("rb") as source:
                    writer.add(kind.part, source)
                copy.unlink()
                for name in stored():
                    if not _add(writer, name, scratch):
                        vanished.append(name)
                writer.close(
                    {
                        "program": program_version(), "made": timezone.now().isoformat(), "database": connection.vendor,
                        "migrations": counts.migrations, "rows": counts.rows, "vanished": vanished,
                    }
                )  # fmt: skip
            out.flush()
            os.fsync(out.fileno())
        path = _name(unnamed, folder)
        return Taken(path, path.stat().st_size, time.monotonic() - began, len(writer.parts) - 1, len(vanished))


def program_version() -> str:
    with (Path(settings.BASE_DIR) / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def stored() -> Iterator[str]:
    """Names of all files, wherever they lie: what has not been moved to where new ones go belongs to the site as well."""
    yield from _below(default_storage, "")
    for other in _others():
        yield from (name for name in _below(other, "") if not default_storage.exists(name))


def _others() -> list[Storage]:
    """Both places are named beside the one that is in use; a site without a bucket has one."""
    return [storages[name] for name in ("local", "s3") if name in settings.STORAGES and name != settings.STORAGE]


def _below(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}{name}"
    for name in sorted(folders):
        yield from _below(storage, f"{folder}{name}/")


def _add(writer: sets.Writer, name: str, scratch: Path) -> bool:
    """False when it is gone. Its length has to be known before it is written, so it is read to its end first."""
    for storage in (default_storage, *_others()):
        with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(scratch)) as whole:
            try:
                with storage.open(name) as source:
                    for chunk in source.chunks(sets.CHUNK):
                        whole.write(chunk)
            except FileNotFoundError:
                continue
            writer.add(f"{sets.FILES}{name}", whole)
            return True
    return False


def _name(unnamed: Path, folder: Path) -> Path:
    while (path := folder / f"meatlizard-{timezone.now():%Y%m%d-%H%M%S}.tar").exists():
        time.sleep(0.1)
    unnamed.rename(path)
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
    return path
