"""Each blob: whether its content is there and whole, and how many keep it."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils import timezone

from files.blobs import adopting, incoming, places, references
from files.blobs.place import Place
from files.models import Blob
from files.models.blobs import storage_name
from files.verifying.report import Report

log = logging.getLogger(__name__)

PART = 200
PIECE = 1 << 20
SETTLED = (Blob.State.READY, Blob.State.CHECKING, Blob.State.QUARANTINED)


def look(report: Report, after: str = "") -> Iterator[tuple[str, int]]:
    """All whose hash comes after ``after``. Yields the hash and size of each when it was looked at: begun again after the last of them, it
    goes on. Raises Unreachable, and then has changed nothing of the blob in question."""
    while rows := list(Blob.objects.filter(pk__gt=after).exclude(state=Blob.State.GOING).order_by("pk")[:PART]):
        for row in rows:
            _look_at(report, row)
            recount(report, row.pk)
            report.looked_at += 1
            report.bytes += row.size
            after = row.pk
            yield after, row.size


def recount(report: Report, blob: str) -> None:
    """Whoever adds or removes a holder changes the row in the same transaction: while it is locked, the holders say what it should be."""
    kept = references.counts([blob])[blob]
    if Blob.objects.filter(pk=blob, references=kept).exists():
        # As nearly always, and without making anybody wait.
        return
    with transaction.atomic():
        row = Blob.objects.select_for_update(of=("self",)).filter(pk=blob).first()
        if row is None or row.references == (kept := references.counts([blob])[blob]):
            return
        log.warning("files.recounted", extra={"blob": blob, "was": row.references, "is": kept})
        unreferenced = None if kept else (row.unreferenced or timezone.now())
        Blob.objects.filter(pk=blob).update(references=kept, unreferenced=unreferenced)
        report.recounted += 1


def _look_at(report: Report, row: Blob) -> None:
    there = False
    for place in places.first(row.place):
        found = whole(place, row.storage_name, row.pk, row.size)
        if found:
            _found(report, row, place)
            return
        there = there or found is False
    if _restored(row):
        report.restored += 1
        return
    if not Blob.objects.filter(pk=row.pk, copy=row.copy, place=row.place).exists():
        # Swept, moved or brought anew while it was looked for.
        return
    state = Blob.State.DAMAGED if there else Blob.State.MISSING
    Blob.objects.filter(pk=row.pk, copy=row.copy, state__in=(Blob.State.READY, Blob.State.CHECKING)).update(state=state)
    report.note(report.damaged if there else report.missing, row.pk)


def _found(report: Report, row: Blob, place: Place) -> None:
    changes: dict[str, object] = {"verified": timezone.now(), "place": place.name}
    if row.state not in SETTLED:
        # Somebody has put it back. Whether it had been checked before, nobody knows any more.
        changes["state"] = adopting.beginning()
        report.restored += 1
    elif place.name != row.place:
        report.moved += 1
    Blob.objects.filter(pk=row.pk, copy=row.copy, state=row.state, place=row.place).update(**changes)


def _restored(row: Blob) -> bool:
    """From whatever copy of it lies anywhere: one that was to go, or an upload of the same bytes that has not been abandoned yet."""
    present = places.present()
    for place in map(places.place, places.names()):
        for copy in range(row.copy + 2):
            name = storage_name(row.pk, copy)
            if copy != row.copy and whole(place, name, row.pk, row.size):
                return _take(row, copy, place.name)
    for path in _uploads(row.size):
        with path.open("rb") as file:
            if digest(file) != row.pk:
                continue
        present.put(path, storage_name(row.pk, row.copy + 1))
        return _take(row, row.copy + 1, present.name)
    return False


def _take(row: Blob, copy: int, place: str) -> bool:
    state = row.state if row.state in SETTLED else adopting.beginning()
    same = Blob.objects.filter(pk=row.pk, copy=row.copy, state=row.state)
    return bool(same.update(copy=copy, place=place, state=state, verified=timezone.now()))


def _uploads(size: int) -> Iterator[Path]:
    folder = incoming.folder()
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file() and path.stat().st_size == size)


def whole(place: Place, name: str, sha256: str, size: int) -> bool | None:
    """Whether it is whole; None when it is not there."""
    try:
        if place.look(name).size != size:
            return False
        with place.open(name) as file:
            return digest(file) == sha256
    except FileNotFoundError:
        return None


def digest(file: IO[bytes]) -> str:
    sha = hashlib.sha256()
    while piece := file.read(PIECE):
        sha.update(piece)
    return sha.hexdigest()
