"""Attached files in exports and imports: the text of documents and the pixels of images travel with a conversation.

Of documents the files themselves stay behind; so do images beyond MOST_CARRIED, and both are named all the same.
"""

import base64
import binascii
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.files.storage import default_storage

from chat.attachments import actions
from chat.attachments.limits import MAX_FILES
from chat.models import Attachment, Conversation, Message, Upload
from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from meatlizard.reading.conversion import clean_name, writable
from meatlizard.reading.found import MAX_TEXT

log = logging.getLogger(__name__)

MOST_CARRIED = 12_000_000
"""Bytes of images in one exported conversation; as base64 they stay within what an import takes of one."""


def of(talk: Conversation) -> dict[UUID, list[dict[str, Any]]]:
    """Fields of :class:`chat.portability.form.File`, by message. One query, and one file read for each image."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    room = MOST_CARRIED
    rows = Attachment.objects.filter(message__conversation=talk.pk, message__removed=None).select_related("upload")
    for row in rows.order_by("message__created", "message", "position"):
        upload, data = row.upload, None
        if upload.kind == Upload.Kind.IMAGE and upload.size <= room:
            room -= upload.size
            data = _bytes(upload)
        entry = {
            "name": upload.name, "kind": upload.kind, "media_type": upload.media_type, "size": upload.size,
            "text": upload.text, "cut": upload.cut, "source": upload.source,
            "data": None if data is None else base64.b64encode(data).decode(),
        }  # fmt: skip
        found.setdefault(row.message_id, []).append(entry)
    return found


def _bytes(upload: Upload) -> bytes | None:
    try:
        with default_storage.open(upload.file_name) as file:
            found: bytes = file.read()
            return found
    except OSError:
        log.warning("attachment.not_exported", extra={"upload": str(upload.pk)})
        return None


def taken(owner: User, entries: Mapping[UUID, Iterable[Any]]) -> dict[UUID, list[Upload]]:
    """What came with messages (:class:`chat.portability.form.File`), kept as if it had just been attached: images are read anew, as any
    stranger's. What cannot be read, or has no room, stays out; the conversation matters more. Outside of any transaction."""
    return {key: [row for row in _each(owner, files) if row is not None] for key, files in entries.items()}


def _each(owner: User, files: Iterable[Any]) -> Iterator[Upload | None]:
    for number, file in enumerate(files):
        if number < MAX_FILES:
            yield _taken(owner, file)


def _taken(owner: User, file: Any) -> Upload | None:
    try:
        if file.kind == Upload.Kind.DOCUMENT:
            source = file.source if _is_address(file.source) else ""
            # Both stand beside the text in what models read, and not within its marks.
            cut = " ".join(file.cut.split())
            return actions.keep_text(
                owner, clean_name(file.name), writable(file.text)[:MAX_TEXT], file.media_type, cut, source
            )
        data = binascii.a2b_base64(file.data or "", strict_mode=True)
        row = actions.take(owner, file.name, [data], len(data), bounded=False) if data else None
    except (AppError, ValueError) as refusal:
        # What is no base64 is a ValueError: a subclass of it, or for letters beyond ASCII this very one.
        log.info("attachment.not_imported", extra={"reason": getattr(refusal, "code", "no_base64")})
        return None
    if row is not None and row.kind != Upload.Kind.IMAGE:
        actions.discard(row)
        return None
    return row


def _is_address(text: str) -> bool:
    """Of a page, as fetching would have written it down."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(ord(letter) <= 32 for letter in text)


def tie(talk: Conversation, uploads: Mapping[UUID, list[Upload]], messages: Iterable[Message]) -> None:
    """Within the transaction that stores ``messages``."""
    for message in messages:
        if message.attached:
            actions.attach(message, uploads[message.pk])
    if any(row.kind == Upload.Kind.IMAGE for rows in uploads.values() for row in rows):
        Conversation.objects.filter(pk=talk.pk).update(images=True)
