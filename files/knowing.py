"""Files of a person's library where models are: attached to a question, as documents of a collection, and found by the tool that looks through
what a person has here."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.attachments import actions as attachments
from chat.attachments import sources as attached
from chat.knowledge import sources as documents
from chat.tools import own_content
from files.access import access_file, files_of
from files.blobs import reading
from files.models import Blob, BlobText, File
from files.previews import kinds
from files.previews.showing import STATES, reason
from files.texts import extracting, search
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound

KIND: Final = "stored"
MOST: Final = 20
PIECE: Final = 1 << 20


def load() -> None:
    attached.register(attached.Source(KIND, attachable, attach))
    documents.register(documents.Source(KIND, gettext_lazy("A file of your library"), choices, read, address))
    own_content.register("file", found)


def _with(user: User, query: str) -> list[File]:
    """By name, the newest first; then those that have it in their text."""
    rows = files_of(user).filter(trashed=None, blob__state=Blob.State.READY).order_by("-changed")
    named = list(rows.filter(name__icontains=query.replace("\x00", ""))[:MOST])
    if not query.strip() or len(named) == MOST:
        return named
    keys = {row.pk for row in named}
    inside = search.files(user, query).filter(trashed=None).order_by("-changed")[:MOST]
    return (named + [row for row in inside if row.pk not in keys])[:MOST]


# --- with a question ----------------------------------------------------------------------------------------------------


def attachable(user: User, query: str) -> Sequence[attached.Item]:
    rows = [row for row in _with(user, query) if kinds.of(row.media_type, row.name) in _READ]
    return [attached.Item(str(row.pk), row.name, _hint(row)) for row in rows]


_READ: Final = kinds.WORDS | {"picture"}


def attach(user: User, key: str) -> Any:
    """A copy of it for the chat, as if it came from the person's device. Raises NotFound for what is not theirs, and what attaching raises."""
    row = _readable(user, key)
    return attachments.take(user, row.name, _pieces(row.blob), row.size)


def _hint(row: File) -> str:
    return _("file · %(size)s") % {"size": filesizeformat(row.size)}


def _pieces(blob: Blob) -> Iterator[bytes]:
    with reading.open(blob) as file:
        while piece := file.read(PIECE):
            yield piece


def _readable(user: User, key: str) -> File:
    row = access_file(user, key)
    if row.trashed is not None:
        raise NotFound(_("This file is in the trash. Restore it there first."), code="file_trashed")
    if not row.blob.readable:
        raise Invalid(str(STATES[Blob.State(row.blob.state)]), code="not_readable")
    return row


# --- in a collection ----------------------------------------------------------------------------------------------------


def choices(user: User, query: str) -> Sequence[documents.Item]:
    rows = [row for row in _with(user, query) if kinds.of(row.media_type, row.name) in kinds.WORDS]
    return [documents.Item(str(row.pk), row.name, _hint(row)) for row in rows]


def read(user: User, key: str) -> documents.Text:
    """Its text as it is now. Raises NotFound for what is not the user's, Invalid for what has none."""
    row = _readable(user, key)
    words = extracting.extract(row.blob, row.name)
    if words is None or not words.text:
        raise Invalid(reason(words.error if words is not None else "no_text"), code="no_text")
    return documents.Text(row.name, words.text)


def address(key: str) -> str:
    """The page of a file, to which a citation leads."""
    return reverse("files:file", args=[UUID(key)])


# --- found by a model ---------------------------------------------------------------------------------------------------


def found(user: User, query: str, most: int) -> Sequence[own_content.Found]:
    rows = _with(user, query)[:most]
    texts = dict(BlobText.objects.filter(blob__in=[row.blob_id for row in rows]).values_list("blob", "text"))
    return [
        own_content.Found(
            row.name, reverse("files:file", args=[row.pk]), texts.get(row.blob_id) or row.name, row.changed
        )
        for row in rows
    ]
