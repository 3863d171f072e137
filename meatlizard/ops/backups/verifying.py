"""Finds out whether a backup can be relied on: every byte, and the database restored on trial."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from meatlizard.ops.backups import databases, room, sets
from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.trouble import BackupFailed, in_words


@dataclass(frozen=True, slots=True)
class Verified:
    """``unproved``: what could not be looked at, in words. ``copy``: the database, outside the set."""

    reader: sets.Reader
    copy: Path
    unproved: str


@contextmanager
def verified(path: Path) -> Iterator[Verified]:
    """Raises BackupFailed. Hold :func:`room.alone`."""
    with in_words("looking at the backup"), sets.reading(path) as reader:
        reader.check_parts()
        of = reader.manifest["database"]
        if of != connection.vendor:
            raise BackupFailed(
                f"This is the backup of a {of} database, and this site has {connection.vendor}: only the same kind can be restored.",
                code="wrong_kind",
            )
        kind = databases.present()
        with room.scratch(room.usual()) as scratch:
            copy = scratch / kind.part
            with reader.open(kind.part) as source, copy.open("xb") as target:
                shutil.copyfileobj(source, target, sets.CHUNK)
            expected = Counts(reader.manifest["rows"], reader.manifest["migrations"])
            yield Verified(reader, copy, kind.try_out(connection.settings_dict, copy, expected))


def verify(path: Path) -> tuple[dict[str, int], str]:
    """Rows by table, and what could not be proved."""
    with room.alone(), verified(path) as found:
        return found.reader.manifest["rows"], found.unproved
