"""What came in becomes a blob: hashed, typed by its content, there once, and safe from a power cut before anybody is told.

Every step may be the last before a crash, and adopting again then ends in the same blob: the content is put in its place under its
hash, then the row is written; ``incoming`` stays until its owner abandons it.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from files.blobs import places, types
from files.blobs.trouble import Unreachable
from files.models import Blob
from files.models.blobs import storage_name
from meatlizard.errors import AppError, Invalid

if TYPE_CHECKING:
    from files.blobs.incoming import Incoming

log = logging.getLogger(__name__)

TRIES = 5
"""Each further one means that somebody else has changed the row meanwhile."""

_first: list[Callable[[], bool]] = []


def check_first(wanted: Callable[[], bool]) -> None:
    """Registers who checks contents before anybody gets them: while it says True, new ones begin as ``checking``."""
    if wanted not in _first:
        _first.append(wanted)


def adopt(incoming: "Incoming", *, expected_sha256: str | None = None) -> Blob:
    """The blob of these bytes, kept by nobody yet: :func:`files.blobs.references.hold` it (``actions.store`` does) within a day. Abandon
    ``incoming`` once that is committed. Outside of transactions, in a thread: it may take as long as the bytes are many.

    Raises Invalid for another hash than expected, DiskFull, Unreachable.
    """
    incoming.sync_bytes()
    sha256 = incoming.digest()
    if expected_sha256 is not None and expected_sha256.lower() != sha256:
        raise Invalid(_("What arrived is not what was sent: its checksum differs. Send it again."), code="checksum")
    for _try in range(TRIES):
        row = Blob.objects.filter(pk=sha256).first()
        if row is None:
            if (made := _put_first(incoming, sha256)) is not None:
                return made
        elif row.state in (Blob.State.MISSING, Blob.State.DAMAGED, Blob.State.GOING) or _lost(row):
            _put_anew(incoming, row)
        elif _kept(row):
            row.refresh_from_db()
            return row
    raise Unreachable


def _put_first(incoming: "Incoming", sha256: str) -> Blob | None:
    """None for who comes second: the first has put the same content under the same name."""
    place = places.present()
    place.put(incoming.path, storage_name(sha256))
    # That took its time, which is not the time in which somebody has to keep it.
    now = timezone.now()
    row = Blob(
        sha256=sha256, size=incoming.size, media_type=types.found(incoming.start(types.START)), state=beginning(),
        place=place.name, created=now, unreferenced=now, verified=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _put_anew(incoming: "Incoming", row: Blob) -> None:
    """As another copy: the one that is there may be in the hands of who deletes it. What was found to be harmful stays so."""
    place = places.present()
    place.put(incoming.path, storage_name(row.sha256, row.copy + 1))
    now = timezone.now()
    mine = Blob.objects.filter(pk=row.pk, copy=row.copy, state=row.state).update(
        state=row.state if row.state == Blob.State.QUARANTINED else beginning(), copy=row.copy + 1, place=place.name, size=incoming.size, verified=now,
        unreferenced=Case(When(references=0, then=Value(now)), default=F("unreferenced")),
    )  # fmt: skip
    if mine:
        try:
            for one in places.first(row.place):
                one.delete(row.storage_name)
        except AppError:
            # It is found as an orphan when contents are verified.
            log.warning("files.copy_left", extra={"blob": row.sha256})


def _kept(row: Blob) -> bool:
    """Whether it is still there as it was looked at; if so, the time in which nobody has to keep it begins anew."""
    same = Blob.objects.filter(pk=row.pk, copy=row.copy, state=row.state)
    return bool(same.update(unreferenced=Case(When(references=0, then=Value(timezone.now())), default=None)))


def _lost(row: Blob) -> bool:
    """Whether the place has no such content, against what the row says."""
    for place in places.first(row.place):
        try:
            return place.look(row.storage_name).size != row.size
        except FileNotFoundError:
            continue
    return True


def beginning() -> Blob.State:
    """Of a content that nobody has looked at yet."""
    return Blob.State.CHECKING if any(wanted() for wanted in _first) else Blob.State.READY
