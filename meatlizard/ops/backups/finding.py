"""The backup that an operator means."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meatlizard.ops.backups import layout, places, tar_sets
from meatlizard.ops.backups.keys import Identities
from meatlizard.ops.backups.opened import Opened, Set
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.trouble import BackupFailed

NEWEST = "newest"


@contextmanager
def opened(which: str, where: str, identities: Identities) -> Iterator[Opened]:
    """``which``: a set in the place ``where``, or ``newest``; or the file of an old backup. Raises BackupFailed."""
    if which.endswith(".tar"):
        with tar_sets.reading(Path(which)) as tar:
            yield tar
        return
    place = places.at(where)
    try:
        yield Set(place, newest(place) if which == NEWEST else named(which), identities)
    except FileNotFoundError as error:
        raise BackupFailed(f"There is no backup {which} in {place.label}.", code="no_backup") from error


def named(which: str) -> str:
    if not layout.SET_ID.fullmatch(which):
        raise BackupFailed(f"{which!r} is no backup's name: manage.py backups lists them.", code="no_backup")
    return which


def ended(place: Place) -> list[str]:
    """Names of whole sets, the newest first."""
    end = f"/{layout.HEAD}"
    found = (
        one.name.removeprefix(layout.SETS).removesuffix(end)
        for one in place.names(layout.SETS)
        if one.name.endswith(end)
    )
    return sorted((name for name in found if layout.SET_ID.fullmatch(name)), reverse=True)


def newest(place: Place) -> str:
    found = ended(place)
    if not found:
        raise BackupFailed(f"There is no backup in {place.label}.", code="no_backup")
    return found[0]
