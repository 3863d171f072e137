"""Pastes that somebody has put together under one address."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from paste.access import Viewer, readable, readable_by
from paste.checking import title as one_line
from paste.models import Collection, CollectionEntry, Paste
from paste.slugs import new_slug

MAX_COLLECTIONS = 200
MAX_ENTRIES = 1_000


def collections_of(user: User) -> "QuerySet[Collection]":
    return Collection.objects.filter(owner=user.pk)


def make(user: User, title: str, public: bool = False) -> Collection:
    title = one_line(title)
    if not title:
        raise Invalid(gettext("Give the collection a name."), code="title_missing")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if collections_of(user).count() >= MAX_COLLECTIONS:
            raise LimitReached(gettext("You have as many collections as you may."), code="too_many_collections")
        return Collection.objects.create(
            slug=new_slug(), owner=user, title=title, public=public, created=timezone.now()
        )


def change(row: Collection, title: str, public: bool) -> None:
    title = one_line(title)
    if not title:
        raise Invalid(gettext("Give the collection a name."), code="title_missing")
    Collection.objects.filter(pk=row.pk).update(title=title, public=public)


def delete(row: Collection) -> None:
    """The pastes stay."""
    row.delete()


def put(row: Collection, paste: Paste) -> None:
    if row.entries.count() >= MAX_ENTRIES:
        raise LimitReached(gettext("This collection is full."), code="collection_full")
    entry = CollectionEntry(collection=row, paste=paste, added=timezone.now())
    CollectionEntry.objects.bulk_create([entry], ignore_conflicts=True)


def take_out(row: Collection, paste: Paste) -> None:
    CollectionEntry.objects.filter(collection=row.pk, paste=paste.pk).delete()


def pastes_in(row: Collection, viewer: Viewer) -> list[Paste]:
    """Those that the viewer would find without the collection: to put a paste in shows its address to nobody new."""
    found = readable().filter(readable_by(viewer), collected__collection=row.pk)
    return list(found.select_related("owner").order_by("-collected__added"))
