"""What lies in the places and no row speaks of: left by a crash, or by a database that was restored from before."""

import logging
import re
from collections.abc import Iterator
from itertools import islice

from django.utils import timezone

from files.blobs import adopting, places, types
from files.blobs.place import Found, Place
from files.blobs.sweeping import GRACE
from files.models import Blob
from files.verifying.contents import SETTLED, digest, whole
from files.verifying.report import Report

log = logging.getLogger(__name__)

PART = 500
FOLDER = "blobs/"
_NAME = re.compile(r"blobs/(..)/(..)/((?:\1)(?:\2)[0-9a-f]{60})(?:\.(\d{1,9}))?")
_HALF = re.compile(r"blobs/../../\.[0-9a-f]{64}(?:\.\d+)?\.[0-9a-f]{32}")
"""The name of what was being written when the site was killed."""


def look(report: Report) -> Iterator[int]:
    """Yields how many names it has looked at. What is younger than a day is left alone: its row may be about to come."""
    limit = timezone.now() - GRACE
    for place in map(places.place, places.names()):
        place.tidy(limit)
        names = place.names(FOLDER)
        while part := list(islice(names, PART)):
            old = [found for found in part if found.changed < limit]
            rows = Blob.objects.in_bulk({match[3] for found in old if (match := _NAME.fullmatch(found.name))})
            for found in old:
                _look_at(report, place, found, rows)
            yield len(part)


def _look_at(report: Report, place: Place, found: Found, rows: dict[str, Blob]) -> None:
    match = _NAME.fullmatch(found.name)
    if match is None:
        if _HALF.fullmatch(found.name):
            _remove(report, place, found)
        else:
            report.note(report.strange, found.name)
        return
    row = rows.get(match[3])
    if row is None:
        _adopt(report, place, found, match[3], int(match[4] or 0))
    elif (row.storage_name, row.place) != (found.name, place.name) and _well(row):
        # Brought anew or moved, and the site was killed before this one was deleted.
        _remove(report, place, found)


def _well(row: Blob) -> bool:
    """Whether the copy that the row speaks of is there and whole. While it is not, another may be what it is restored from."""
    there = row.state in SETTLED and row.place in places.names()
    return there and bool(whole(places.place(row.place), row.storage_name, row.pk, row.size))


def _adopt(report: Report, place: Place, found: Found, sha256: str, copy: int) -> None:
    """Gives it a row again. Nobody keeps it, so it goes with the next sweep but one unless somebody brings the same content."""
    try:
        with place.open(found.name) as file:
            start = file.read(types.START)
            file.seek(0)
            if digest(file) != sha256:
                log.warning("files.orphan_damaged", extra={"content": sha256})
                _remove(report, place, found)
                return
    except FileNotFoundError:
        return
    now = timezone.now()
    row = Blob(
        sha256=sha256, size=found.size, media_type=types.found(start), state=adopting.beginning(), place=place.name, copy=copy, created=now, unreferenced=now,
        verified=now,
    )  # fmt: skip
    Blob.objects.bulk_create([row], ignore_conflicts=True)
    report.adopted += 1


def _remove(report: Report, place: Place, found: Found) -> None:
    """But for what somebody has put there anew since it was found: it may be what a row speaks of by now."""
    try:
        if place.look(found.name) != found:
            return
    except FileNotFoundError:
        return
    place.delete(found.name)
    report.removed += 1
