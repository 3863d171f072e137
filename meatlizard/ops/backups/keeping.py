"""The sets of a place: which there are, how old the newest is, which may go."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from pydantic import ValidationError

from meatlizard.ops.backups import finding, index, layout, room
from meatlizard.ops.backups.layout import Head, Verified
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.trouble import BackupFailed, in_words

GRACE = datetime.timedelta(days=1)
"""What no set has stays so long: a backup on another machine may be about to speak of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """``error``: why nothing can be said of it."""

    id: str
    head: Head | None
    verified: Verified | None
    error: str = ""

    @property
    def when(self) -> datetime.datetime:
        return layout.when(self.id)


@dataclass(frozen=True, slots=True)
class Pruned:
    """``stored``: bytes of the objects that went."""

    sets: list[str]
    objects: int
    stored: int


def sets(place: Place) -> list[Kept]:
    """The newest first. Raises BackupFailed when the place cannot be asked."""
    with in_words("looking at the backups"):
        return [_kept(place, set_id) for set_id in finding.ended(place)]


def verified(place: Place, set_id: str) -> Verified | None:
    """When it was found good; None when it never was, or nobody can tell."""
    try:
        with place.reading(f"{layout.SETS}{set_id}/{layout.VERIFIED}") as source:
            return Verified.model_validate_json(source.read(layout.MAX_JSON))
    except (FileNotFoundError, ValidationError):
        return None


def newest_verified(place: Place) -> tuple[str, Verified] | None:
    with_word = {one.name.split("/")[1] for one in place.names(layout.SETS) if one.name.endswith(f"/{layout.VERIFIED}")}
    for set_id in finding.ended(place):
        if set_id in with_word and (found := verified(place, set_id)) is not None:
            return set_id, found
    return None


def superfluous(ids: Iterable[str], good: str = "") -> list[str]:
    """Those that are the newest of none of the days, weeks and months for which one is kept. The newest of all stays, ``good``, the newest
    that was found so, and all of the last day: what was made before a change is not to go for what was made after it."""
    ordered = sorted(ids, reverse=True)
    fresh = timezone.now() - GRACE
    keep = {*ordered[:1], good, *(set_id for set_id in ordered if layout.when(set_id) > fresh)}
    for many, period in (
        (settings.BACKUP_KEEP_DAILY, _day), (settings.BACKUP_KEEP_WEEKLY, _week), (settings.BACKUP_KEEP_MONTHLY, _month)
    ):  # fmt: skip
        keep |= set(_newest_of_each(ordered, period)[:many])
    return [set_id for set_id in ordered if set_id not in keep]


def prune(place: Place) -> Pruned:
    """Deletes superfluous sets, then what no set has any more. Raises BackupFailed; what went by then is gone whole."""
    with in_words("pruning the backups"), room.alone():
        return prune_alone(place)


def prune_alone(place: Place) -> Pruned:
    """Hold :func:`meatlizard.ops.backups.room.alone`."""
    good = newest_verified(place)
    going = superfluous(finding.ended(place), good[0] if good else "")
    for set_id in going:
        forget(place, set_id)
    _forget_begun(place)
    objects, stored = _sweep(place)
    return Pruned(going, objects, stored)


def forget(place: Place, set_id: str) -> None:
    """The head first: without it there is no set, whatever of it is left."""
    folder = f"{layout.SETS}{set_id}/"
    place.delete(f"{folder}{layout.HEAD}")
    place.settle()
    for one in list(place.names(folder)):
        place.delete(one.name)


def _kept(place: Place, set_id: str) -> Kept:
    try:
        return Kept(set_id, index.head_of(place, set_id), verified(place, set_id))
    except BackupFailed as error:
        return Kept(set_id, None, None, error.message)
    except FileNotFoundError:
        return Kept(set_id, None, None, "It went meanwhile.")


def _forget_begun(place: Place) -> None:
    """Backups that were never ended, once nobody can be at them, and none is to go on from them."""
    ended = set(finding.ended(place))
    begun = {one.name.split("/")[1] for one in place.names(layout.SETS)} - ended
    for set_id in begun:
        if layout.SET_ID.fullmatch(set_id) and layout.when(set_id) < timezone.now() - GRACE:
            forget(place, set_id)


def _sweep(place: Place) -> tuple[int, int]:
    """Nothing goes while one list cannot be read: it could be in that."""
    wanted: set[str] = set()
    for one in list(place.names(layout.SETS)):
        _sets, set_id, part = one.name.split("/", 2)
        if layout.SET_ID.fullmatch(set_id) and part.startswith("index-"):
            wanted.update(entry.object for entry in index.lines_of(place, set_id, part))
    count, stored, before = 0, 0, timezone.now() - GRACE
    for lying in list(place.names(layout.OBJECTS)):
        name = lying.name.rpartition("/")[2]
        if name not in wanted and lying.changed < before:
            place.delete(lying.name)
            place.delete(f"{layout.MARKS}{name}")
            count, stored = count + 1, stored + lying.size
    return count, stored


def _newest_of_each(ordered: list[str], period: Callable[[datetime.datetime], object]) -> list[str]:
    found: dict[object, str] = {}
    for set_id in ordered:
        found.setdefault(period(layout.when(set_id)), set_id)
    return list(found.values())


def _day(moment: datetime.datetime) -> object:
    return moment.date()


def _week(moment: datetime.datetime) -> object:
    return moment.isocalendar()[:2]


def _month(moment: datetime.datetime) -> object:
    return moment.year, moment.month
