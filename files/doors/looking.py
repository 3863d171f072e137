"""What a page asks before it uploads: which names are taken, and how much may come."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from files import names
from files.models import File, Folder
from files.safety import blocked
from meatlizard.accounts.models import User
from meatlizard.storage import actions as storage

MAX_PATHS = 1_000
NAMES_AT_ONCE = 500
"""SQLite takes so many values in a statement everywhere."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that there is room for, and endings of names that are not taken, without their dots."""

    left: int
    blocked: tuple[str, ...]


def limits(owner: User) -> Limits:
    return Limits(
        max(0, owner.tier.storage_bytes - storage.used_by(owner)), tuple(sorted(one[1:] for one in blocked.endings()))
    )


def taken(owner: User, folder: Folder | None, paths: Iterable[str]) -> list[str]:
    """Those of ``paths`` below ``folder`` under which a file is there; a query or two for each folder among them, however many files."""
    wanted: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for path in paths:
        steps = [names.clean(step) for step in path.replace("\\", "/").split("/") if step not in ("", ".")]
        if steps:
            wanted.setdefault(tuple(steps[:-1]), {}).setdefault(steps[-1], []).append(path)
    places: dict[tuple[str, ...], UUID | None] = {(): folder.pk if folder else None}
    found: list[str] = []
    for below in sorted(wanted, key=len):
        place = _place(owner, below, places)
        if below and place is None:
            continue
        files = wanted[below]
        for some in _several(list(files)):
            rows = File.objects.filter(owner=owner.pk, folder=place, trashed=None, name__in=some)
            found += [path for name in rows.values_list("name", flat=True) for path in files[name]]
    return found


def _place(owner: User, below: tuple[str, ...], places: dict[tuple[str, ...], UUID | None]) -> UUID | None:
    """The folder that is there. None: the root for no folders, otherwise there is none."""
    if below in places:
        return places[below]
    above = _place(owner, below[:-1], places)
    if above is None and len(below) > 1:
        places[below] = None
    else:
        rows = Folder.objects.filter(owner=owner.pk, parent=above, name=below[-1], trashed=None)
        places[below] = rows.values_list("pk", flat=True).first()
    return places[below]


def _several(found: list[str]) -> Iterable[list[str]]:
    return (found[at : at + NAMES_AT_ONCE] for at in range(0, len(found), NAMES_AT_ONCE))
