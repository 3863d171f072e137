"""Brings a backup back. It is verified first; files that are not there yet come before the database, which changes in one go."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from meatlizard.accounts.models import User
from meatlizard.ops.backups import actions, contents, databases, finding, given, listing, room
from meatlizard.ops.backups.crossing import carrying
from meatlizard.ops.backups.keys import Identities
from meatlizard.ops.backups.opened import About, Opened
from meatlizard.ops.backups.packing import Readable, Writable
from meatlizard.ops.backups.progress import Tell, silent
from meatlizard.ops.backups.trouble import BackupFailed, in_words
from meatlizard.ops.backups.verifying import Found, verified

IN_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen. ``missing``: files that the storage has not; ``differing``: that it has with other contents; ``left``: files of the
    storage that are not of this backup, which stay. ``people``: accounts whose site would be replaced. ``settings``: names of those that had
    other values."""

    about: About
    people: int
    same: int
    missing: list[str]
    differing: list[str]
    left: int
    unproved: str
    settings: list[str]


@dataclass(frozen=True, slots=True)
class Restored:
    """``anew``: things whose files the backup left out, and which the site makes again."""

    plan: Plan
    people: int
    anew: int


def restore(
    which: str, where: str, identities: Identities, may: Callable[[Plan], bool], tell: Tell = silent
) -> Restored:
    """``may`` is asked with what would happen. Raises BackupFailed, and until the answer nothing was changed."""
    with (
        in_words("restoring"),
        room.alone(),
        finding.opened(which, where, identities) as backup,
        verified(backup, tell) as found,
    ):
        _known(backup.counts().migrations)
        copy, crosses = found.copy, backup.about().vendor != connection.vendor
        if crosses:
            copy = carrying.carried(copy, backup.counts(), found.scratch)
        plan = _plan(found, crosses)
        if not may(plan):
            raise BackupFailed("Nothing was changed.", code="not_confirmed")
        for name in plan.missing:
            _put(backup, name, found.scratch)
        connections.close_all()
        databases.present().replace(connection.settings_dict, copy)
        for name in plan.differing:
            _put(backup, name, found.scratch, replace=True)
        call_command("migrate", interactive=False, verbosity=0)
        actions.forget_unended()
        anew = sum(contents.make()) if plan.about.left_out else 0
        return Restored(plan, User.objects.count(), anew)


def _plan(found: Found, crosses: bool) -> Plan:
    about, names = found.set.about(), list(found.set.files())
    same, missing, differing = 0, list[str](), list[str]()
    for name in names:
        try:
            with default_storage.open(name) as present:
                if found.set.same(name, cast(Readable, present)):
                    same += 1
                else:
                    differing.append(name)
        except FileNotFoundError:
            missing.append(name)
    left = len({one.name for one in listing.everything()} - set(names))
    now = given.plain()
    changed = sorted(name for name in {*now, *about.settings} if now.get(name) != about.settings.get(name))
    return Plan(
        about,
        _people(),
        same,
        missing,
        differing,
        left,
        "" if crosses else found.unproved,
        changed if about.versions else [],
    )


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


def _put(backup: Opened, name: str, scratch: Path, replace: bool = False) -> None:
    """Whole and found good before it comes into the storage, and what it replaces goes."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(scratch)) as whole:
        backup.content(name, cast(Writable, whole))
        whole.seek(0)
        if replace:
            default_storage.delete(name)
        if default_storage.save(name, File(cast(IO[bytes], whole), name)) != name:
            raise BackupFailed("The storage has given a file another name. Is the site still running? Stop it first.")
