"""A file, or all of a folder, becomes the beginning of a conversation."""

import uuid
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chat import actions as chat
from chat.attachments import actions as attachments
from chat.knowledge import access as shelves
from chat.knowledge import actions as collections
from chat.knowledge import adding, attaching
from files import knowing
from files.library import tree
from files.models import Blob, File, Folder, FolderShelf
from files.previews import kinds
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, LimitReached, NotFound

MOST: Final = 200
"""Files of a folder, with all folders in it, that are read for questions."""

MAX_QUESTION: Final = 4_000


def about(user: User, file: File, question: str) -> UUID:
    """Asks ``question`` of a new conversation, with the file; returns its key. Raises what attaching and asking raise, and leaves nothing then."""
    upload = knowing.attach(user, str(file.pk))
    talk = chat.create_conversation(user)
    try:
        chat.send(user, talk.pk, uuid.uuid4(), question[:MAX_QUESTION], files=[upload.pk])
    except AppError:
        chat.delete(talk)
        attachments.discard(upload)
        raise
    return talk.pk


def question_of(file: File, what: str, words: str) -> str:
    """What somebody wants to know of a file: ``summarise``, ``describe``, or in their own ``words``. Raises Invalid for nothing."""
    if what == "summarise":
        return _("Summarise this file.")
    if what == "describe":
        return _("Describe this picture.")
    if not words.strip():
        raise Invalid(_("Write what you want to know."), code="empty")
    return words.strip()


def may_be_asked(file: File) -> bool:
    return (
        kinds.of(file.media_type, file.name) in kinds.WORDS | {"picture"}
        and file.blob.readable
        and file.trashed is None
    )


def across(user: User, folder: Folder) -> UUID:
    """A new conversation that is answered from the documents of the folder; a job reads what is new in it. Returns its key."""
    from files.jobs import read_folder

    with transaction.atomic():
        shelf = FolderShelf.objects.select_for_update().filter(folder=folder.pk, collection__removed=None).first()
        if shelf is None:
            FolderShelf.objects.filter(folder=folder.pk).delete()
            made = collections.make(user, folder.name[:100])
            shelf = FolderShelf.objects.create(folder=folder, collection_id=made.pk)
        read_folder.enqueue(str(folder.pk))
    talk = chat.create_conversation(user)
    attaching.attach(user, talk.pk, [shelf.collection_id])
    return talk.pk


def keep_in_step(folder: UUID) -> int:
    """Reads into the folder's collection what is new or has changed in it, and takes out what is gone. Returns how many documents changed. For jobs."""
    shelf = FolderShelf.objects.select_related("folder__owner").filter(folder=folder).first()
    if shelf is None:
        return 0
    owner = shelf.folder.owner
    collection = shelves.access_collection(owner, shelf.collection_id)
    known = {row.source: row for row in shelves.documents_of(collection).filter(kind=knowing.KIND)}
    present = {str(row.pk): row for row in _within(owner, folder)}
    changed = 0
    for key in known.keys() - present.keys():
        adding.remove(known[key])
        changed += 1
    for key, row in present.items():
        document = known.get(key)
        try:
            if document is None:
                adding.add_from(collection, owner, knowing.KIND, key)
            elif document.read is None or document.read < row.changed:
                adding.read_again(document, owner)
            else:
                continue
        except (Invalid, NotFound):
            # Without text, or gone since it was looked for.
            continue
        except LimitReached:
            # The collection is full: its own page says how full, and trying again would not help.
            break
        changed += 1
    return changed


def _within(owner: User, folder: UUID) -> list[File]:
    keys = [one.key for one in tree.below([folder])]
    rows = File.objects.filter(
        owner=owner.pk, folder__in=keys, trashed=None, folder__trashed=None, blob__state=Blob.State.READY
    )
    found = [row for row in rows.order_by("-changed") if kinds.of(row.media_type, row.name) in kinds.WORDS]
    return found[:MOST]
