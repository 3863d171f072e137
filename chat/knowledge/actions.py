"""Verbs of collections: make, rename, lend, delete and bring back."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.knowledge import meaning
from chat.knowledge.access import keeps_the_sites
from chat.knowledge.limits import MAX_COLLECTIONS, MAX_DESCRIPTION, MAX_NAME, TRASH_DAYS
from chat.knowledge.standing import changed
from chat.models import Collection, Document
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached
from meatlizard.reading.conversion import writable
from meatlizard.storage import actions as storage


def make(by: User, name: str, description: str = "", *, for_all: bool = False) -> Collection:
    """A new one; ``for_all``: the site's, by who looks after these. Raises Invalid for a name that is none, LimitReached beyond
    MAX_COLLECTIONS."""
    if for_all and not keeps_the_sites(by):
        raise Forbidden(_("Only operators make collections for everybody."))
    name, description = _line(name), _line(description)
    _check(name, description)
    owner = None if for_all else by
    with transaction.atomic():
        if owner is not None:
            # One at a time for each person, or two requests could both be the last that fits.
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)
            if Collection.objects.filter(owner=owner.pk).count() >= MAX_COLLECTIONS:
                words = _("You have %(most)s collections, those in the trash included, and that is the most.")
                raise LimitReached(words % {"most": MAX_COLLECTIONS}, code="too_many_collections")
        return Collection.objects.create(owner=owner, name=name, description=description)


def rename(collection: Collection, name: str, description: str, *, lent: bool = False) -> Collection:
    """``lent``: see :class:`Collection`; what is the site's is everybody's anyway."""
    collection.name, collection.description = _line(name), _line(description)
    _check(collection.name, collection.description)
    collection.lent = lent and collection.owner_id is not None
    collection.save(update_fields=["name", "description", "lent", "updated"])
    return collection


def remove(collection: Collection) -> None:
    """Into the trash, for TRASH_DAYS; nothing is found in it from now on."""
    with transaction.atomic():
        Collection.objects.filter(pk=collection.pk, removed=None).update(removed=timezone.now())
        changed()


def bring_back(collection: Collection) -> None:
    with transaction.atomic():
        Collection.objects.filter(pk=collection.pk).update(removed=None)
        changed()


def empty_trash(now: datetime.datetime | None = None) -> int:
    """Deletes for good what has been there for its time, and gives back what it took. Returns how many documents and collections."""
    before = (now or timezone.now()) - datetime.timedelta(days=TRASH_DAYS)
    gone = 0
    for document in Document.objects.filter(removed__lt=before).select_related("collection").defer("text"):
        erase(document)
        gone += 1
    for collection in Collection.objects.filter(removed__lt=before):
        for document in collection.documents.select_related("collection").defer("text"):
            erase(document)
        collection.delete()
        gone += 1
    return gone


def erase(document: Document) -> None:
    """For good."""
    with transaction.atomic():
        found = Document.objects.select_for_update(of=("self",)).filter(pk=document.pk).values_list("size").first()
        if found is None:
            return
        meaning.forget(document.pk)
        Document.objects.filter(pk=document.pk).delete()
        if document.collection.owner_id is not None:
            storage.give_back(document.collection.owner_id, found[0])


def forget(person: int) -> None:
    """Within the transaction that deletes the person's account: the cascade takes the rest."""
    meaning.forget_person(person)


def _line(text: str) -> str:
    return " ".join(writable(text).split())


def _check(name: str, description: str) -> None:
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(_("A collection's name has 1 to %(most)s characters.") % {"most": MAX_NAME}, code="bad_name")
    if len(description) > MAX_DESCRIPTION:
        words = _("A description has at most %(most)s characters.")
        raise Invalid(words % {"most": MAX_DESCRIPTION}, code="too_long")
