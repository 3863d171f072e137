"""Brings a backup back. It is verified first; files that are not there yet come before the database, which changes in one go."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from meatlizard.accounts.models import User
from meatlizard.ops.backups import actions, databases, room, sets, taking
from meatlizard.ops.backups.trouble import BackupFailed, in_words
from meatlizard.ops.backups.verifying import Verified, verified


@dataclass(frozen=True, slots=True)
class Restored:
    """``left``: files of the storage that are not of this backup. They stay."""

    files: int
    left: int
    people: int
    unproved: str


def restore(path: Path, may_replace: Callable[[int], bool]) -> Restored:
    """``may_replace`` is asked with the number of people whose site would be replaced. Raises BackupFailed."""
    with in_words("restoring"), room.alone(), verified(path) as found:
        _known(found.reader.manifest["migrations"])
        people = _people()
        if people and not may_replace(people):
            raise BackupFailed("Nothing was changed.", code="not_confirmed")
        files = found.reader.files()
        differing = [part for part in files if not _there(found, part)]
        connections.close_all()
        databases.present().replace(connection.settings_dict, found.copy)
        for part in differing:
            default_storage.delete(part.name)
            _put(found, part)
        left = len(set(taking.stored()) - {part.name for part in files})
        call_command("migrate", interactive=False, verbosity=0)
        actions.forget_unended()
        return Restored(len(files), left, User.objects.count(), found.unproved)


def _known(applied: list[str]) -> None:
    """Refuses what a newer version of the program has made."""
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    replaced = {f"{app}.{name}" for one in loader.disk_migrations.values() for app, name in one.replaces}
    strange = [name for name in applied if name not in known | replaced]
    if strange:
        raise BackupFailed(
            f"This backup knows the migration {strange[0]}, and this program does not. Restore it with the version that made it, or a newer one.",
            code="newer_version",
        )


def _people() -> int:
    if User._meta.db_table not in connection.introspection.table_names():
        return 0
    return User.objects.count()


def _there(found: Verified, part: sets.Part) -> bool:
    """Whether the storage has the file as it is to be; one that is not there at all is put there."""
    if not default_storage.exists(part.name):
        _put(found, part)
        return True
    with default_storage.open(part.name) as present:
        sha = hashlib.sha256()
        for chunk in present.chunks(sets.CHUNK):
            sha.update(chunk)
        return sha.hexdigest() == part.sha256


def _put(found: Verified, part: sets.Part) -> None:
    with found.reader.open(f"{sets.FILES}{part.name}") as source:
        if default_storage.save(part.name, File(source, part.name)) != part.name:
            raise BackupFailed("The storage has given a file another name. Is the site still running? Stop it first.")
