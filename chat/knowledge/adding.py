"""Documents come into a collection: read, cut into passages, and counted. Each is a row from the moment that it is begun, so that what
could not be read says why, and what a killed process left is noticed.
"""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.attachments import links
from chat.knowledge import chunking, meaning, sources
from chat.knowledge.limits import COMING, MAX_DOCUMENTS, MAX_NOTE, MAX_TEXT
from chat.models import Collection, Document, Passage
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, LimitReached, TooLarge, Unavailable
from meatlizard.reading import conversion
from meatlizard.reading.conversion import clean_name, writable
from meatlizard.storage import actions as storage

log = logging.getLogger(__name__)


Adding = Callable[[], Document]


class Found(NamedTuple):
    """What a document turned out to be. ``cut`` in words."""

    name: str
    text: str
    cut: str = ""
    source: str = ""


def add_file(collection: Collection, name: str, chunks: Iterable[bytes], size: int) -> Document:
    """A file, of which the text is kept. A document that says why where it cannot be read; raises LimitReached beyond MAX_DOCUMENTS."""
    row = _begin(collection, "file", clean_name(name))
    return _read(row, lambda: _file(row.name, chunks, size))


def add_note(collection: Collection, name: str, text: str) -> Document:
    """Raises Invalid for an empty or too long one."""
    text = writable(text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Invalid(_("Write something first."), code="empty")
    if len(text) > MAX_NOTE:
        raise Invalid(_("A note has at most %(most)s characters.") % {"most": f"{MAX_NOTE:,}"}, code="too_long")
    row = _begin(collection, "note", clean_name(name, otherwise="") or clean_name(_first_words(text), otherwise="note"))
    return _read(row, lambda: Found(row.name, text))


def add_page(collection: Collection, address: str) -> Document:
    """A page of the web, fetched now."""
    if not settings.FETCH_LINKS:
        raise Unavailable(_("This site fetches no pages of the web."), code="fetching_off")
    address = address.strip()
    if not links.looks_like_one(address) or len(address) > 2_000 or not writable(address) == address:
        raise Invalid(_("This is not the address of a page. It begins with https://."), code="bad_address")
    row = _begin(collection, "page", clean_name(address.partition("://")[2], otherwise="page"), address)
    return _read(row, lambda: _page(address))


def add_from(collection: Collection, by: User, kind: str, key: str) -> Document:
    """Something of another part of the site. Raises NotFound for what is not ``by``'s to read."""
    found = sources.read(by, kind, key)
    row = _begin(collection, kind, clean_name(found.name), key)
    return _read(row, lambda: _other(found))


def read_again(document: Document, by: User) -> Document:
    """As it is now, where it is. What was read before stays where that fails, and the document says why. Raises Invalid for a file or note."""
    if document.kind == "page":
        read: Callable[[], Found] = lambda: _page(document.source)  # noqa: E731
    elif document.kind in sources.OWN_KINDS:
        raise Invalid(
            _("A file or note is not read again. Add the new one, and delete this."), code="not_to_read_again"
        )
    else:
        read = lambda: _other(sources.read(by, document.kind, document.source))  # noqa: E731
    return _read(document, read)


def can_be_read_again(document: Document) -> bool:
    return document.kind not in ("file", "note")


def remove(document: Document) -> None:
    """Into the trash: nobody finds it from now on."""
    with transaction.atomic():
        if Document.objects.filter(pk=document.pk, removed=None).update(removed=timezone.now()):
            meaning.forget(document.pk)


def bring_back(document: Document) -> None:
    with transaction.atomic():
        Document.objects.filter(pk=document.pk).update(removed=None)
        meaning.changed(document.pk)


def give_up_late() -> int:
    """Says of documents whose reader was killed that they were not read. Returns of how many."""
    late = Document.objects.filter(state=Document.State.READING, created__lt=timezone.now() - COMING)
    return late.update(state=Document.State.FAILED, error=_("Reading it was broken off. Add it again."))


def _begin(collection: Collection, kind: str, name: str, source: str = "") -> Document:
    with transaction.atomic():
        Collection.objects.select_for_update(of=("self",)).get(pk=collection.pk)
        if Document.objects.filter(collection=collection.pk).count() >= MAX_DOCUMENTS:
            words = _("A collection has at most %(most)s documents, those in the trash included.")
            raise LimitReached(words % {"most": f"{MAX_DOCUMENTS:,}"}, code="too_many_documents")
        return Document.objects.create(
            collection=collection, kind=kind, name=name, source=source, created=timezone.now()
        )


def _read(row: Document, read: Callable[[], Found]) -> Document:
    had = row.state == Document.State.READ
    try:
        found = read()
        _keep(row, found)
    except AppError as refusal:
        _failed(row, refusal.message, had)
    except BaseException:
        _failed(row, _("Something went wrong on the site. Add it again."), had)
        raise
    row.refresh_from_db()
    return row


def _failed(row: Document, why: str, had: bool) -> None:
    state = Document.State.READ if had else Document.State.FAILED
    Document.objects.filter(pk=row.pk).update(state=state, error=why[:400])


def _keep(row: Document, found: Found) -> None:
    """Outside of the transaction: cutting a long text takes a moment."""
    text = found.text[:MAX_TEXT]
    cuts = chunking.cut(text)
    if not cuts:
        raise Invalid(_("There is no text in it."), code="no_text")
    passages = [
        Passage(document_id=row.pk, number=number, start=one.start, end=one.end, heading=one.heading, content=text[one.start : one.end])
        for number, one in enumerate(cuts, 1)
    ]  # fmt: skip
    # Passages hold the text a second time.
    size = len(text.encode()) + sum(len(one.content.encode()) for one in passages)
    with transaction.atomic():
        now = Document.objects.select_for_update(of=("self",)).select_related("collection").filter(pk=row.pk).first()
        if now is None:
            return
        if now.state == Document.State.READ and now.text == text:
            Document.objects.filter(pk=row.pk).update(read=timezone.now(), error="")
            return
        owner = now.collection.owner
        if owner is not None and size > now.size:
            storage.take(owner, size - now.size)
        elif owner is not None and size < now.size:
            storage.give_back(owner.pk, now.size - size)
        meaning.forget(row.pk)
        Passage.objects.filter(document=row.pk).delete()
        Passage.objects.bulk_create(passages, batch_size=500)
        Document.objects.filter(pk=row.pk).update(
            state=Document.State.READ, error="", name=found.name, source=found.source or now.source, text=text, length=len(text),
            size=size, cut=found.cut, version=F("version") + int(now.state == Document.State.READ), read=timezone.now(),
        )  # fmt: skip
        meaning.changed(row.pk)


def _file(name: str, chunks: Iterable[bytes], size: int) -> Found:
    if size > settings.ATTACHMENT_MAX_BYTES:
        words = _("This file has %(size)s. A file may have at most %(most)s.")
        most = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        raise TooLarge(words % {"size": filesizeformat(size), "most": most})
    with conversion.converted(chunks, most=MAX_TEXT) as read:
        if read.kind != "document":
            raise Invalid(_("This is an image: there is no text in it to be found."), code="no_text")
        return Found(read.title or name, read.text, read.cut)


def _page(address: str) -> Found:
    found = links.fetcher.get(address)
    page = found.media_type in links.PAGES
    with conversion.converted([found.body], page=page, charset=found.charset, most=MAX_TEXT) as read:
        if read.kind != "document":
            raise Invalid(_("This is an image: there is no text in it to be found."), code="no_text")
        return Found(read.title or clean_name(links.name_of(found.url)), read.text, read.cut, found.url[:2_000])


def _other(found: sources.Text) -> Found:
    text = writable(found.text)
    cut = _("Only the first %s characters are read.") % f"{MAX_TEXT:,}" if len(text) > MAX_TEXT else ""
    return Found(clean_name(found.name), text[:MAX_TEXT], cut)


def _first_words(text: str) -> str:
    return text.strip().partition("\n")[0].lstrip("# ")[:80]
