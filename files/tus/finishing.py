"""All bytes of an upload have come: they become a file of its owner. For threads; may take long (a bucket).

Killed anywhere, it is begun again by the next request or the upkeep, and ends in the same one file: until the row says ``done`` the upload's
bytes stay where they are.
"""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from files import quota
from files.actions import store
from files.asgi.who import ContentGrant
from files.blobs import adopting, incoming
from files.blobs.trouble import Gone, Unreachable
from files.models import Blob, File, Upload
from files.safety import blocked
from files.tus import placing
from files.tus.access import Sender
from files.tus.actions import KNOWN
from files.tus.protocol import Ended
from files.tus.sparing import spare
from meatlizard.errors import NotFound

if TYPE_CHECKING:
    from files.blobs.incoming import Incoming


_writing = threading.Lock()


def finish(sender: Sender, upload: Upload, held: "Incoming") -> Upload:
    """With the upload's lock: stores it and says so in its row. Raises what keeps it from being stored; all is as before then."""
    if not Upload.objects.unfinished().filter(pk=upload.pk).update(sha256=held.digest()):
        raise Ended
    try:
        blob = adopting.adopt(held)
        blocked.refuse_content(blob)
        with transaction.atomic():
            row = Upload.objects.unfinished().select_for_update(of=("self",)).filter(pk=upload.pk).first()
            if row is None:
                raise Ended
            row.file = place(sender, row.metadata, blob, row.reservation)
            row.reservation, row.incoming = None, ""
            row.state, row.expires = Upload.State.DONE, timezone.now() + KNOWN
            row.save()
    except (FileNotFoundError, Gone) as error:
        # Given up meanwhile, or the same content is just being deleted: whoever asks next sees which.
        raise Unreachable from error
    held.abandon()
    return row


def place(sender: Sender, metadata: str, blob: Blob, reservation: uuid.UUID | None) -> File | None:
    """A file where the metadata wish, within the caller's transaction; None where the grant makes something else of it."""
    wish = placing.read(metadata, by_link=sender.grant is not None)
    if isinstance(sender.grant, ContentGrant):
        sender.grant.keep(blob, wish.name, reservation)
        return None
    if sender.grant is not None:
        folder = placing.folder_of(sender.owner, wish, sender.grant.folder)
        file = store(sender.owner, folder, wish.name, blob, reservation=reservation)
        sender.grant.stored(file)
        return file
    folder = placing.folder_of(sender.owner, wish, wish.folder)
    replacing = placing.replaced(sender.owner, folder, wish)
    return store(sender.owner, folder, wish.name, blob, replacing=replacing, reservation=reservation)


def at_once(sender: Sender, metadata: str, content: bytearray) -> Upload:
    """For an upload that came whole in the request that began it: one transaction, and no room set aside before. Raises StorageFull."""
    held = incoming.begin()
    try:
        spare(held.path.parent, len(content))
        held.append(content)
        blob = adopting.adopt(held)
        blocked.refuse_content(blob)
        with _one_writer(), transaction.atomic():
            file = place(sender, metadata, blob, None)
            return Upload.objects.create(
                owner=sender.owner, grant=sender.mark, state=Upload.State.DONE, length=len(content), metadata=metadata, file=file,
                expires=timezone.now() + KNOWN,
            )  # fmt: skip
    finally:
        held.abandon()


@contextmanager
def _one_writer() -> Iterator[None]:
    """SQLite has one writer at a time, and another that meets it sleeps for milliseconds; here they go one after the other."""
    with _writing if connection.vendor == "sqlite" else nullcontext():
        yield


def again(upload: Upload) -> "Incoming":
    """The bytes of an upload under way. Raises Ended when they are gone."""
    try:
        return incoming.again(upload.incoming)
    except NotFound:
        raise Ended from None


def concatenate(sender: Sender, metadata: str, concat: str, parts: list[Upload]) -> Upload:
    """A file of finished parts, one after the other, which are gone then. With the locks of all parts. Before the last step nothing is changed.

    Raises DiskFull, Unreachable and what :func:`files.actions.store` raises.
    """
    whole = incoming.begin()
    try:
        for part in parts:
            _append(whole, part)
        blob = adopting.adopt(whole)
        blocked.refuse_content(blob)
        with transaction.atomic():
            keys = sorted({part.pk for part in parts})
            if Upload.objects.unfinished().filter(pk__in=keys).update(
                state=Upload.State.GONE, incoming="", reservation=None
            ) != len(keys):
                raise Ended
            reservation = quota.joined([part.reservation for part in parts if part.reservation])
            row = Upload.objects.create(
                owner=sender.owner, grant=sender.mark, state=Upload.State.DONE, length=whole.size, metadata=metadata, concat=concat,
                file=place(sender, metadata, blob, reservation), expires=timezone.now() + KNOWN,
            )  # fmt: skip
    finally:
        whole.abandon()
    return row


def _append(whole: "Incoming", part: Upload) -> None:
    with (incoming.folder() / part.incoming).open("rb") as file:
        while data := file.read(incoming.PIECE):
            spare(whole.path.parent, len(data))
            whole.append(data)
