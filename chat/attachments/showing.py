"""Attached files, for the page of a conversation."""

from collections.abc import Iterable
from uuid import UUID

from chat.attachments.shape import AttachmentOut
from chat.models import Attachment, Message, Upload

_READ = "_attachments_read"


def out(upload: Upload) -> AttachmentOut:
    return AttachmentOut(
        id=upload.pk, kind=upload.kind, name=upload.name, media_type=upload.media_type, size=upload.size,
        width=upload.width, height=upload.height, length=upload.length, cut=upload.cut, source=upload.source,
        stored=upload.stored,
    )  # fmt: skip


def of(message: Message) -> tuple[AttachmentOut, ...]:
    """What ``message`` has. No query for one without, nor after :func:`read`; otherwise one."""
    if not message.attached:
        return ()
    if not hasattr(message, _READ):
        read([message])
    found: tuple[AttachmentOut, ...] = getattr(message, _READ)
    return found


def read(messages: Iterable[Message]) -> None:
    """Of all of them at once, for :func:`of`. No query when none has any."""
    having = {message.pk: message for message in messages if message.attached}
    found: dict[UUID, list[AttachmentOut]] = {key: [] for key in having}
    keys = list(having)
    for at in range(0, len(keys), 500):
        rows = Attachment.objects.filter(message__in=keys[at : at + 500]).select_related("upload").defer("upload__text")
        for row in rows.order_by("message", "position"):
            found[row.message_id].append(out(row.upload))
    for key, message in having.items():
        setattr(message, _READ, tuple(found[key]))


def known(message: Message, uploads: Iterable[Upload]) -> None:
    """That ``message`` has these, for :func:`of`, before it is stored."""
    found = tuple(out(upload) for upload in uploads)
    message.attached = len(found)
    setattr(message, _READ, found)
