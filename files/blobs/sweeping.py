"""Deletes what nobody keeps: after a day, and never what somebody takes hold of meanwhile."""

import datetime
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from files.blobs import incoming, places, references
from files.models import Blob
from meatlizard.errors import AppError

log = logging.getLogger(__name__)

GRACE = datetime.timedelta(days=1)
"""Between the last one that kept it and its end. Whoever has adopted the same content meanwhile finds it there."""

HURRY = datetime.timedelta(hours=1)
"""In its place on a local disk that is nearly full: what people delete then is to help."""

SCARCE = 10
"""One part in so many is left."""

AT_ONCE = 200


_with_it: list[Callable[[Blob], None]] = []


def goes_with(delete: Callable[[Blob], None]) -> None:
    """Registers who has made something of contents: ``delete`` is called before the row of a blob goes, maybe twice. Call it in ``ready``."""
    if delete not in _with_it:
        _with_it.append(delete)


def sweep() -> int:
    """Returns how many blobs and uploads went."""
    return _blobs() + _uploads()


def _blobs() -> int:
    now, gone = timezone.now(), 0
    over = Q(unreferenced__lt=now - GRACE)
    if _scarce():
        over |= Q(unreferenced__lt=now - HURRY, place=places.LOCAL)
    nobodys = Blob.objects.filter(over, references=0)
    for blob in nobodys.order_by("unreferenced")[:AT_ONCE]:
        if references.counts([blob.pk])[blob.pk]:
            # Cannot be; and if it is, a wrong count must not cost anybody a file.
            log.error("files.reference_not_counted", extra={"blob": blob.pk})
            continue
        # The claim. Whoever holds it, or adopts it, before this changes the row; after this, they put another copy.
        if nobodys.filter(pk=blob.pk, copy=blob.copy).update(state=Blob.State.GOING):
            gone += _delete(blob)
    return gone


def _scarce() -> bool:
    folder = Path(settings.MEDIA_ROOT)
    disk = os.statvfs(folder) if folder.is_dir() else None
    return disk is not None and disk.f_bavail * SCARCE < disk.f_blocks


def _delete(blob: Blob) -> bool:
    """First the content, then the row: after a crash in between, the next sweep finds the row and goes on."""
    try:
        for name in places.names():
            places.place(name).delete(blob.storage_name)
        for delete in _with_it:
            delete(blob)
    except AppError as error:
        log.warning("files.not_deleted", extra={"blob": blob.pk, "error": error.code})
        return False
    return bool(Blob.objects.filter(pk=blob.pk, copy=blob.copy, state=Blob.State.GOING).delete()[0])


def _uploads() -> int:
    """Uploads that nobody awaits and nobody has written to for as long."""
    folder = incoming.folder()
    if not folder.is_dir():
        return 0
    limit = time.time() - GRACE.total_seconds()
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < limit]
    awaited = incoming.still_awaited([path.name for path in old])
    left = [path for path in old if path.name not in awaited]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
