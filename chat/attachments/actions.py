"""Verbs of attachments: take a file, tie it to a question, forget it."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.attachments.access import access_uploads
from chat.attachments.jobs import sweep_attachments
from chat.attachments.limits import COMING, MAX_FILES, MAX_MESSAGE_TEXT, MAX_WAITING, UNSENT
from chat.models import Attachment, Conversation, Message, Upload
from inference_client.protocol.vocabulary import MAX_IMAGES
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, TooLarge
from meatlizard.reading import conversion
from meatlizard.reading.conversion import Converted, clean_name
from meatlizard.storage import actions as storage

log = logging.getLogger(__name__)

SWEPT_AT_ONCE = 200

_FOUND = ("state", "kind", "name", "media_type", "sha256", "width", "height", "text", "length", "cut")
"""Columns that are known once a file has been read."""


def take(
    owner: User,
    name: str,
    chunks: Iterable[bytes],
    size: int,
    *,
    source: str = "",
    page: bool = False,
    charset: str = "",
    bounded: bool = True,
) -> Upload:
    """Takes a file of ``size`` bytes, reads it and keeps it until a message has it, a day at most. Not ``bounded``: it
    does not count how many wait already.

    Raises TooLarge for one above ATTACHMENT_MAX_BYTES, StorageFull, LimitReached, and Invalid, in words, for what cannot be read.
    Nothing is kept then.
    """
    if size > settings.ATTACHMENT_MAX_BYTES:
        raise TooLarge(
            _("This file has %(size)s. A file may have at most %(most)s.")
            % {"size": filesizeformat(size), "most": filesizeformat(settings.ATTACHMENT_MAX_BYTES)}
        )
    row = _begin(owner, clean_name(name), size, source, bounded)
    try:
        with conversion.converted(chunks, page=page, charset=charset) as found:
            _keep(row, owner, found)
    except BaseException:
        if not discard(row):
            # It was swept up meanwhile, before its files lay there.
            _delete_files(row)
        raise
    return row


def keep_text(owner: User, name: str, text: str, media_type: str, cut: str, source: str) -> Upload:
    """A document of which only the text is there. Raises StorageFull."""
    now, size = timezone.now(), len(text.encode())
    with transaction.atomic():
        storage.take(owner, size)
        return Upload.objects.create(
            owner=owner, name=name, size=size, source=source, created=now, expires=now + UNSENT, state=Upload.State.READY,
            kind=Upload.Kind.DOCUMENT, media_type=media_type, text=text, length=len(text), cut=cut, stored=False,
        )  # fmt: skip


def _begin(owner: User, name: str, size: int, source: str = "", bounded: bool = True) -> Upload:
    """Its bytes are taken before anything is written; should this process die, the row tells how many to give back."""
    now = timezone.now()
    with transaction.atomic():
        storage.take(owner, size)
        if bounded and _unsent(owner).count() >= MAX_WAITING:
            raise LimitReached(
                _("%s files wait to be sent already. Send or remove some first.") % MAX_WAITING, code="too_many_files"
            )
        return Upload.objects.create(
            owner=owner, name=name, size=size, source=source, created=now, expires=now + UNSENT
        )


def _unsent(owner: User) -> "QuerySet[Upload]":
    return Upload.objects.filter(owner=owner.pk, expires__gt=timezone.now()).exclude(state="going")


def _keep(row: Upload, owner: User, found: Converted) -> None:
    with found.file.open("rb") as file:
        row.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    row.kind, row.media_type, row.text, row.cut = found.kind, found.media_type, found.text, found.cut
    row.length, row.width, row.height = len(found.text), found.width, found.height
    if found.title:
        row.name = found.title
    # What is kept may be more than what came: the text of a packed document is longer than the file.
    more = found.size - row.size
    with transaction.atomic():
        # The row first, as whoever deletes it: it may have taken so long that it is gone, and its bytes given back.
        if not Upload.objects.filter(pk=row.pk, state=Upload.State.COMING).update(size=found.size):
            raise _took_too_long()
        if more > 0:
            storage.take(owner, more)
        elif more < 0:
            storage.give_back(owner.pk, -more)
        row.size = found.size
    _store(row.file_name, found.file)
    if found.thumbnail is not None:
        _store(row.thumbnail_name, found.thumbnail)
    row.state = Upload.State.READY
    changed = {name: getattr(row, name) for name in _FOUND}
    # Nothing but what is still coming becomes ready: a row that was deleted must not come back without its bytes being taken.
    if not Upload.objects.filter(pk=row.pk, state=Upload.State.COMING).update(**changed):
        raise _took_too_long()


def _took_too_long() -> Invalid:
    return Invalid(_("This file took too long to be read. Attach it again."), code="too_late")


def _store(name: str, path: Path) -> None:
    with path.open("rb") as file:
        stored = default_storage.save(name, File(file))
    if stored != name:
        # Names are random: a second one of that name is no accident.
        default_storage.delete(stored)
        raise OSError("the storage has a file of this name already")


def discard(row: Upload) -> bool:
    """Forgets an upload that no message has. False when one has it."""
    with transaction.atomic():
        # Whoever attaches it has the row locked, and is waited for.
        locked = Upload.objects.select_for_update(of=("self",)).filter(pk=row.pk).only("pk").first()
        if locked is None or Attachment.objects.filter(upload=row.pk).exists():
            return False
        Upload.objects.filter(pk=row.pk).update(state=Upload.State.GOING)
    # Marked first: should this process die between the two, the next sweep deletes the rest.
    _delete_files(row)
    with transaction.atomic():
        found = Upload.objects.select_for_update(of=("self",)).filter(pk=row.pk).values_list("owner", "size").first()
        if found is not None:
            Upload.objects.filter(pk=row.pk).delete()
            if found[0] is not None:
                storage.give_back(found[0], found[1])
    return True


def _delete_files(row: Upload) -> None:
    default_storage.delete(row.file_name)
    default_storage.delete(row.thumbnail_name)


def sweep() -> int:
    """Forgets what no message has (any more): unsent for a day, of deleted conversations and people, half come. Returns how many."""
    now = timezone.now()
    attached = Attachment.objects.filter(upload=OuterRef("pk"))
    over = Q(expires__isnull=True) | Q(expires__lt=now) | Q(owner=None) | Q(state="going")
    late = Q(state="coming", created__lt=now - COMING)
    rows = Upload.objects.filter(over | late).exclude(Exists(attached)).defer("text")
    gone = 0
    for row in rows[:SWEPT_AT_ONCE]:
        try:
            gone += discard(row)
        except OSError:
            # The storage is out of reach: what is marked is tried again.
            log.exception("attachment.not_deleted", extra={"upload": str(row.pk)})
    return gone


# on messages ------------------------------------------------------------------------------------------------------------


def chosen(user: User, uploads: Sequence[UUID]) -> list[Upload]:
    """The uploads that a question is to have, locked, within its transaction. Raises NotFound for one that is not there, or somebody
    else's, and Invalid for too many or too much."""
    if not uploads:
        return []
    if len(set(uploads)) != len(uploads):
        raise Invalid(_("The same file is attached twice."), code="file_twice")
    if len(uploads) > MAX_FILES:
        raise Invalid(
            ngettext("A message has at most %s file.", "A message has at most %s files.", MAX_FILES) % MAX_FILES,
            code="too_many_files",
        )
    rows = access_uploads(user, uploads)
    if sum(row.kind == Upload.Kind.IMAGE for row in rows) > MAX_IMAGES:
        raise Invalid(_("A message has at most %s images.") % MAX_IMAGES, code="too_many_images")
    length = sum(row.length for row in rows)
    if length > MAX_MESSAGE_TEXT:
        raise Invalid(
            _("These documents have %(length)s characters together, and a message takes %(most)s. Remove one.")
            % {"length": f"{length:,}", "most": f"{MAX_MESSAGE_TEXT:,}"},
            code="documents_too_long",
        )
    return rows


def attach(message: Message, rows: Sequence[Upload]) -> None:
    """Within the transaction that stored ``message``."""
    if not rows:
        return
    Attachment.objects.bulk_create(
        [Attachment(message=message, upload=row, position=position) for position, row in enumerate(rows)]
    )
    Upload.objects.filter(pk__in=[row.pk for row in rows]).update(expires=None)


def of_message(message: Message) -> list[Upload]:
    """In their order, without their texts. No query for a message without."""
    if not message.attached:
        return []
    found = Attachment.objects.filter(message=message.pk).select_related("upload").defer("upload__text")
    return [row.upload for row in found.order_by("position")]


def copy_to(copies: dict[UUID, Message]) -> None:
    """What messages have, to their copies in another conversation of the same person: the files are shared, not stored again."""
    keys = [key for key, copy in copies.items() if copy.attached]
    for at in range(0, len(keys), 500):
        # Locked with what they are of: a sweep in between would take the files from under the copies.
        theirs = Attachment.objects.filter(message__in=keys[at : at + 500]).order_by().values("upload")
        list(Upload.objects.select_for_update().filter(pk__in=theirs).order_by("pk").values_list("pk"))
        rows = Attachment.objects.filter(message__in=keys[at : at + 500])
        Attachment.objects.bulk_create(
            [Attachment(message=copies[row.message_id], upload_id=row.upload_id, position=row.position) for row in rows]
        )


def sweep_after(conversation: Conversation) -> None:
    """Within the transaction that deletes ``conversation``: its files go soon, and not at the next hour."""
    if Attachment.objects.filter(message__conversation=conversation.pk).exists():
        sweep_attachments.enqueue()
