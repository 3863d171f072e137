"""Contents from one place to another while the site runs: copied, read back and compared, and only then deleted where they were."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet, Sum

from files.blobs import incoming, places
from files.blobs.incoming import Incoming
from files.blobs.place import Place
from files.models import Blob
from files.verifying.contents import digest

log = logging.getLogger(__name__)

PART = 200
PIECE = 1 << 20


@dataclass(slots=True)
class Moved:
    """``failed``: hashes, or names, of what is not what it should be. It stays where it is."""

    contents: int = 0
    others: int = 0
    bytes: int = 0
    failed: list[str] = field(default_factory=list)


def contents(moved: Moved, to: str) -> Iterator[int]:
    """All that do not lie at ``to`` yet. Yields the size of each: what was moved is known by its row, so it may be stopped anywhere and
    begun again. Raises DiskFull, Unreachable."""
    target, after = places.place(to), ""
    while rows := list(_left(to).filter(pk__gt=after).order_by("pk")[:PART]):
        for row in rows:
            after = row.pk
            if _move(row, target):
                moved.contents += 1
                moved.bytes += row.size
            elif _left(to).filter(pk=row.pk, copy=row.copy).exists():
                moved.failed.append(row.pk)
            yield row.size


def waiting(to: str) -> int:
    """Bytes that do not lie there yet."""
    return _left(to).aggregate(total=Sum("size"))["total"] or 0


def others(moved: Moved, to: str) -> Iterator[int]:
    """What the other apps have stored: copied, and left where it was, since they read from one place alone. Yields the size of each."""
    target = places.place(to)
    for source in places.others(to):
        for found in source.names(""):
            if found.name.startswith("blobs/") or _same_size(target, found.name, found.size):
                continue
            if _copied(source, target, found.name) is None:
                moved.failed.append(found.name)
                continue
            moved.others += 1
            moved.bytes += found.size
            yield found.size


def _left(to: str) -> "QuerySet[Blob]":
    """Of the places that the site has."""
    return Blob.objects.filter(place__in=places.names()).exclude(place=to).exclude(state=Blob.State.GOING)


def _move(row: Blob, target: Place) -> bool:
    """False when it is not there, or not whole. Its row may have changed meanwhile: then the new copy is found as left over."""
    source = places.place(row.place)
    try:
        sha256 = _copied(source, target, row.storage_name)
    except FileNotFoundError:
        # A run before this one may have been killed after it was copied.
        sha256 = _digest(target, row.storage_name)
    if sha256 != row.pk:
        log.error("files.not_moved", extra={"blob": row.pk})
        return False
    same = Blob.objects.filter(pk=row.pk, copy=row.copy, place=row.place).exclude(state=Blob.State.GOING)
    if not same.update(place=target.name):
        return False
    source.delete(row.storage_name)
    return True


def _copied(source: Place, target: Place, name: str) -> str | None:
    """The hash of what lies at ``target`` afterwards; None when that is not what lay at ``source``."""
    path, coming = source.path(name), None
    if path is None:
        coming = _fetched(source, name)
        path = coming.path
    try:
        with path.open("rb") as file:
            given = digest(file)
        target.put(path, name)
        taken = _digest(target, name)
        return given if given == taken else None
    finally:
        if coming is not None:
            coming.abandon()


def _fetched(source: Place, name: str) -> Incoming:
    coming = incoming.begin()
    try:
        with source.open(name) as file:
            while piece := file.read(PIECE):
                coming.append(piece)
        coming.sync()
    except BaseException:
        coming.abandon()
        raise
    return coming


def _digest(place: Place, name: str) -> str | None:
    try:
        with place.open(name) as file:
            return digest(file)
    except FileNotFoundError:
        return None


def _same_size(place: Place, name: str, size: int) -> bool:
    try:
        return place.look(name).size == size
    except FileNotFoundError:
        return False
