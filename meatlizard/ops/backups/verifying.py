"""Finds out whether a backup can be relied on: every byte, and the database restored on trial."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from meatlizard.ops.backups import databases, finding, layout, room
from meatlizard.ops.backups.keys import Identities
from meatlizard.ops.backups.layout import Verified
from meatlizard.ops.backups.opened import Opened, Set
from meatlizard.ops.backups.progress import Tell, silent
from meatlizard.ops.backups.trouble import in_words

OTHER_KIND = "the database is of the other kind than this site's, and was read and not restored on trial"
NO_IDENTITY = "nobody here can read it, so that only its bytes were compared"


@dataclass(frozen=True, slots=True)
class Found:
    """``unproved``: what could not be looked at, in words. ``copy``: the database, in a file in ``scratch``."""

    set: Opened
    copy: Path
    scratch: Path
    unproved: str


@contextmanager
def verified(found: Opened, tell: Tell = silent, whole: bool = True) -> Iterator[Found]:
    """Raises BackupFailed. Hold :func:`room.alone`."""
    found.check(tell, whole)
    vendor = found.about().vendor
    kind = databases.KINDS[vendor]
    with room.scratch() as scratch:
        copy = scratch / kind.part
        found.database(copy)
        for _name in found.files():
            # Each is in the list of what was looked at, and its name is one within the storage.
            pass
        unproved = (
            kind.try_out(connection.settings_dict, copy, found.counts()) if vendor == connection.vendor else OTHER_KIND
        )
        yield Found(found, copy, scratch, unproved)


def verify(which: str, where: str, identities: Identities, tell: Tell = silent, whole: bool = True) -> Verified:
    """Writes down beside the set that it was found good. Without an identity of who may read it, that its bytes are. Raises BackupFailed."""
    with in_words("looking at the backup"), room.alone(), finding.opened(which, where, identities) as found:
        if isinstance(found, Set) and found.head.encrypted and not identities:
            found.check(tell, whole)
            said = Verified(when=timezone.now().isoformat(), deep=False, whole=whole, words=NO_IDENTITY)
        else:
            with verified(found, tell, whole) as good:
                said = Verified(
                    when=timezone.now().isoformat(), deep=not good.unproved, whole=whole, words=good.unproved
                )
        if isinstance(found, Set):
            with found.place.writing(f"{layout.SETS}{found.head.id}/{layout.VERIFIED}") as out:
                out.write(said.model_dump_json().encode())
            found.place.settle()
        return said
