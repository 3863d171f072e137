"""Verbs of previews: make them, make them again, delete them with their content; and what others get of an image."""

import logging
import uuid
from pathlib import Path
from typing import IO, Any

from django.core.cache import cache
from django.core.files import File as Stored
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from files.blobs import incoming, reading, references, states
from files.models import BareCopy, Blob, BlobText, File, Preview, ShownWhole
from files.previews import kinds, workshop
from files.previews.workshop import Made
from meatlizard.reading.found import Unreadable

log = logging.getLogger(__name__)

VERSION = 1
"""Raised when what is made of the same content changes."""

MOST_FETCHED = 500_000_000
"""Bytes of a content that lies elsewhere than on this machine."""

ASKED_SECONDS = 120
PIECE = 1 << 20


def make(blob: Blob, *, again: bool = False) -> Preview | None:
    """What the workshop makes of it; None for kinds of which it makes nothing. What was made, or could not be, stands until ``again``. For jobs."""
    way = kinds.WAYS.get(kinds.of(blob.media_type))
    if way is None or not blob.readable:
        return None
    row, _new = Preview.objects.get_or_create(blob=blob)
    if row.version == VERSION and row.state != Preview.State.MAKING and not again:
        return row
    former = (row.place, list(row.made))
    row.place = uuid.uuid4()
    try:
        with workshop.made(way, _content(blob)) as made:
            _keep(row, made)
        row.state, row.error, row.detail = Preview.State.READY, "", ""
    except Unreadable as refusal:
        row.state, row.error, row.detail, row.made, row.facts = (
            Preview.State.FAILED,
            refusal.code,
            refusal.detail,
            {},
            {},
        )
    row.bare = _made_bare(blob) if kinds.bared(blob.media_type) else Preview.Bare.NONE
    row.version, row.changed = VERSION, timezone.now()
    row.save()
    _delete(Preview(blob=blob, place=former[0]), former[1])
    return row


def wanted(blob: Blob, name: str = "") -> None:
    """Has a job make what is not made yet: once, for many who look. ``name`` is that of the file, for the text of it."""
    from files.previews.jobs import make_preview

    if blob.readable and cache.add(f"files.preview.{blob.pk}", 1, ASKED_SECONDS):
        make_preview.enqueue(blob.pk, name)


def lost(made: Preview, file: File) -> None:
    """What was made is not in its place any more, as when the site was moved without it: it is made anew."""
    ready = Preview.objects.filter(pk=made.pk, place=made.place, state=Preview.State.READY)
    if ready.update(state=Preview.State.MAKING, changed=timezone.now()):
        wanted(file.blob, file.name)


def retry(file: File) -> None:
    """Its owner asks for another try."""
    from files.previews.jobs import make_preview

    failed = Preview.objects.filter(blob=file.blob_id, state=Preview.State.FAILED)
    with transaction.atomic():
        failed.update(state=Preview.State.MAKING, changed=timezone.now())
        BlobText.objects.filter(blob=file.blob_id).exclude(error="").delete()
        make_preview.enqueue(file.blob_id, file.name)


def show_whole(file: File, *, whole: bool) -> None:
    """``whole``: others get its image with all that its camera noted; as it comes, they get a copy without."""
    if whole:
        ShownWhole.objects.bulk_create([ShownWhole(file=file)], ignore_conflicts=True)
    else:
        ShownWhole.objects.filter(file=file.pk).delete()


def delete_of(blob: Blob) -> None:
    """What was made of a content that is being deleted."""
    row = Preview.objects.filter(pk=blob.pk).first()
    if row is not None:
        _delete(row, list(row.made))
    with transaction.atomic():
        copy = BareCopy.objects.filter(original=blob.pk).first()
        if copy is not None and BareCopy.objects.filter(pk=copy.pk).delete()[0]:
            references.release(copy.blob_id)
        BlobText.objects.filter(blob=blob.pk).delete()
        Preview.objects.filter(pk=blob.pk).delete()


def _content(blob: Blob) -> IO[bytes] | Path:
    path = reading.local_path(blob)
    if path is None and blob.size > MOST_FETCHED:
        raise Unreadable("too_much")
    return path or reading.open(blob)


def _keep(row: Preview, made: Made) -> None:
    found: dict[str, Any] = made.found
    names = found.get("files", {})
    for name in names:
        with (made.folder / name).open("rb") as file:
            default_storage.save(row.storage_name(name), Stored(file))
    row.made, row.facts = names, found.get("facts", {})
    row.width, row.height, row.duration = found.get("width"), found.get("height"), found.get("duration")


def _delete(row: Preview, names: list[str]) -> None:
    for name in names:
        try:
            default_storage.delete(row.storage_name(name))
        except OSError:
            log.exception("preview.not_deleted", extra={"blob": row.blob_id})


def _made_bare(blob: Blob) -> str:
    """Makes the copy for others; says what they get."""
    if BareCopy.objects.filter(original=blob.pk).exists():
        return str(Preview.Bare.COPY)
    coming = incoming.begin()
    try:
        with workshop.made("bare", _content(blob)) as made, (made.folder / "bare").open("rb") as file:
            while piece := file.read(PIECE):
                coming.append(piece)
        copy = incoming.adopt(coming)
        if copy.pk == blob.pk:
            return str(Preview.Bare.NONE)
        with transaction.atomic():
            references.hold(copy)
            BareCopy.objects.create(original=blob, blob=copy)
        # What it was made of has been checked, and what is in it is a part of that.
        states.passed(copy.pk)
        return str(Preview.Bare.COPY)
    except Unreadable:
        return str(Preview.Bare.FAILED)
    finally:
        coming.abandon()
