"""Verbs on uploads: create, note what came, give up. Bytes are moved elsewhere; here are the rows and the room they take."""

import datetime
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from files import quota
from files.blobs import incoming
from files.models import Upload
from files.tus import placing
from files.tus.access import Sender
from files.tus.protocol import Creation, Ended, Piece, TooLong, WrongOffset
from files.tus.sparing import spare
from meatlizard.errors import Invalid, LimitReached, NotFound, StorageFull
from meatlizard.security import ratelimit

LASTS = datetime.timedelta(days=1)
"""From the last byte on."""

RESERVED = LASTS * 2
"""Room that is kept for an upload: longer than itself, so that no other sweeping gives it back."""

KNOWN = datetime.timedelta(days=1)
"""A finished one still says that it is."""

TOLD = datetime.timedelta(days=7)
"""One that is over is answered with “gone” so long."""

MOST = 2_000
"""Uploads of one person that are under way."""

RATE = "30000/10m"
STEP = 64 << 20
"""Bytes of room taken at a time for an upload that has not said how long it is."""


def admit(sender: Sender, length: int | None, metadata: str) -> None:
    """Whether ``sender`` may begin an upload of this kind. Raises what forbids it."""
    ratelimit.check("files.upload", sender.mark or f"user {sender.owner.pk}", RATE, open_in_trouble=True)
    wish = placing.read(metadata, by_link=sender.grant is not None)
    if sender.grant is not None:
        sender.grant.admit(length, wish.name)
    else:
        placing.check(sender.owner, wish)


def create(sender: Sender, creation: Creation) -> Upload:
    """An upload without any byte, and room for all of it. Raises StorageFull, LimitReached, NotFound, DiskFull."""
    begun = incoming.begin()
    begun.close()
    try:
        spare(incoming.folder(), creation.length or 0)
        with transaction.atomic():
            admit(sender, creation.length, creation.metadata)
            if Upload.objects.unfinished().filter(owner=sender.owner.pk).count() >= MOST:
                raise LimitReached(
                    _("Too many of your uploads are unfinished. End or cancel some first."), code="too_many_uploads"
                )
            reservation = quota.reserve(sender.owner, creation.length or 0, lasts=RESERVED)
            return Upload.objects.create(
                owner=sender.owner, grant=sender.mark, incoming=begun.id, length=creation.length, metadata=creation.metadata,
                concat=creation.concat, reservation=reservation.pk, expires=timezone.now() + LASTS,
            )  # fmt: skip
    except BaseException:
        incoming.again(begun.id).abandon()
        raise


def begin_piece(sender: Sender, upload: Upload, piece: Piece, has: int) -> None:
    """To be called with the upload's lock: whether ``piece`` goes on where ``has`` bytes are.

    Raises WrongOffset, TooLong, Invalid; and StorageFull for a length that becomes known and is too much.
    """
    if piece.offset != has:
        raise WrongOffset(headers={"upload-offset": str(has)})
    if piece.length is not None and piece.length != upload.length:
        _set_length(sender, upload, piece.length, has)
    if upload.length is not None and has + (piece.size or 0) > upload.length:
        raise TooLong
    if piece.checksum is not None and upload.state == Upload.State.OPEN:
        upload.sure = has
        Upload.objects.filter(pk=upload.pk).update(sure=has)


def _set_length(sender: Sender, upload: Upload, length: int, has: int) -> None:
    if upload.length is not None:
        raise Invalid(_("The length of an upload does not change once it was said."), code="length_known")
    if length < has:
        raise Invalid(_("More has arrived than that already."), code="length_too_short")
    with transaction.atomic():
        if sender.grant is not None:
            sender.grant.admit(length, placing.read(upload.metadata, by_link=True).name)
        if upload.reservation is not None:
            quota.grow(upload.reservation, length)
        Upload.objects.filter(pk=upload.pk).update(length=length)
    upload.length = length


def make_room(upload: Upload, size: int) -> int:
    """Takes room for an upload whose length is not known; for how many bytes there is some then, ``size`` at least. Raises StorageFull."""
    if upload.reservation is None:
        raise Ended
    ahead = size + STEP
    try:
        there = quota.grow(upload.reservation, ahead)
    except StorageFull:
        ahead = size
        there = quota.grow(upload.reservation, size)
    if not there:
        raise Ended
    return ahead


def note(upload: Upload) -> None:
    """After bytes came: it lasts anew from now. Whatever is there is sure."""
    upload.expires, upload.sure = timezone.now() + LASTS, None
    Upload.objects.unfinished().filter(pk=upload.pk).update(expires=upload.expires, sure=None)
    if upload.reservation is not None:
        quota.extend(upload.reservation, RESERVED)


def want(upload: Upload) -> None:
    """Asks whoever holds it, and gets no bytes any more, to let go."""
    Upload.objects.filter(pk=upload.pk).update(wanted=timezone.now())


def is_over(upload: uuid.UUID, since: datetime.datetime | None) -> bool:
    """Whether it was given up, or (asked with ``since``) somebody has wanted it after that."""
    row = Upload.objects.unfinished().filter(pk=upload).values_list("wanted").first()
    return row is None or (since is not None and row[0] is not None and row[0] > since)


def give_up(upload: Upload) -> bool:
    """Ends it, and gives back its room; bytes that came go. What was stored already stays. False when somebody else was first."""
    with transaction.atomic():
        mine = Upload.objects.filter(pk=upload.pk).exclude(state=Upload.State.GONE)
        row = mine.select_for_update(of=("self",)).first()
        if row is None:
            return False
        mine.update(state=Upload.State.GONE, incoming="", reservation=None, expires=timezone.now() + TOLD)
        if row.reservation is not None:
            quota.cancel(row.reservation)
    forget_bytes(row.incoming)
    return True


def forget_bytes(key: str) -> None:
    """Whoever still writes them writes into nothing."""
    if key:
        try:
            incoming.again(key).abandon()
        except NotFound:
            pass
