"""The doors to collections, their documents and passages.

Whoever may read a collection reads its documents: its owner, and of the site's every member. A persona's answers are told passages of
its owner's collections where that owner said so (``lent``); nobody else gets to a collection through a persona, see
:func:`chat.knowledge.retrieval.open_to`.
"""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chat.models import Collection, Document, Passage
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound


def keeps_the_sites(viewer: User) -> bool:
    """Whether the viewer looks after the collections of the site."""
    return bool(viewer.is_active and viewer.is_staff and viewer.has_perm("chat.change_collection"))


def may_change(viewer: User, collection: Collection) -> bool:
    return collection.owner_id == viewer.pk or (collection.owner_id is None and keeps_the_sites(viewer))


def readable(viewer: User) -> "QuerySet[Collection]":
    return Collection.objects.filter(Q(owner=viewer.pk) | Q(owner=None), removed=None)


def access_collection(viewer: User, collection: UUID) -> Collection:
    row = readable(viewer).filter(pk=collection).first()
    if row is None:
        raise NotFound(_("This collection does not exist, or is not yours to see."))
    return row


def access_collection_to_change(viewer: User, collection: UUID) -> Collection:
    """Raises Forbidden for one that the viewer may only read."""
    row = access_collection(viewer, collection)
    if not may_change(viewer, row):
        raise Forbidden(_("Only operators change this collection: it is the site's."))
    return row


def access_removed_collection(viewer: User, collection: UUID) -> Collection:
    """One in the trash, of those that the viewer may change."""
    row = Collection.objects.filter(pk=collection, removed__isnull=False).first()
    if row is None or not may_change(viewer, row):
        raise NotFound(_("This collection is not in your trash."))
    return row


def access_document(viewer: User, document: UUID) -> Document:
    """With its collection, without its text."""
    rows = Document.objects.filter(pk=document, removed=None, collection__in=readable(viewer))
    row = rows.select_related("collection").defer("text").first()
    if row is None:
        raise NotFound(_("This document does not exist, or is not yours to see."))
    return row


def access_document_to_change(viewer: User, document: UUID) -> Document:
    row = access_document(viewer, document)
    if not may_change(viewer, row.collection):
        raise Forbidden(_("Only operators change this collection: it is the site's."))
    return row


def access_removed_document(viewer: User, document: UUID) -> Document:
    """One in the trash, of a collection that is not."""
    rows = Document.objects.filter(pk=document, removed__isnull=False, collection__removed=None)
    row = rows.select_related("collection").defer("text").first()
    if row is None or not may_change(viewer, row.collection):
        raise NotFound(_("This document is not in your trash."))
    return row


def access_passage(viewer: User, passage: int) -> Passage:
    rows = Passage.objects.filter(pk=passage, document__removed=None, document__collection__in=readable(viewer))
    row = rows.select_related("document").defer("document__text").first()
    if row is None:
        raise NotFound(_("This passage does not exist any more, or is not yours to see."))
    return row


def documents_of(collection: Collection) -> "QuerySet[Document]":
    """The newest first, without their texts."""
    return Document.objects.filter(collection=collection.pk, removed=None).defer("text")
