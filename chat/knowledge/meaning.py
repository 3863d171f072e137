"""Passages in the index of meanings: put there in the background, taken out with their documents."""

import re
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import Collection, Document, Passage
from meatlizard.vectors import index
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import MODEL, Vector

NAME = "chat.passages"
SITE = "site"
"""The owner, in the index, of what is the site's."""

_KEY = re.compile(r"\d{1,18}")


def owner_of(person: int | None) -> str:
    return SITE if person is None else f"u{person}"


class Passages:
    """What there is to be found; see :class:`meatlizard.vectors.registry.Source`."""

    @property
    def label(self) -> str | Promise:
        return _("passages of documents")

    def read(self, keys: Several[str]) -> Mapping[str, Text]:
        rows = _there().filter(pk__in=[int(key) for key in keys if _KEY.fullmatch(key)])
        columns = ("pk", "document__collection__owner", "document__collection", "heading", "content", "document__name")
        return {
            str(pk): Text(owner_of(owner), collection.hex, f"{name}\n{heading}\n{content}")
            for pk, owner, collection, heading, content, name in rows.values_list(*columns)
        }

    def keys(self, after: str, most: int) -> Sequence[str]:
        rows = _there().filter(pk__gt=int(after or 0)).order_by("pk").values_list("pk", flat=True)
        return [str(pk) for pk in rows[:most]]

    def count(self) -> int:
        return _there().count()


def _there() -> "QuerySet[Passage]":
    return Passage.objects.filter(document__removed=None)


def complete(documents: Sequence[UUID]) -> set[UUID]:
    """Those whose passages are all found by meaning."""
    keys: dict[UUID, list[str]] = {}
    for pk, document in Passage.objects.filter(document__in=documents).order_by().values_list("pk", "document"):
        keys.setdefault(document, []).append(str(pk))
    missing = set(index.collection(NAME).missing([key for some in keys.values() for key in some], MODEL))
    return {document for document, some in keys.items() if missing.isdisjoint(some)}


def changed(document: UUID) -> None:
    """Within the transaction that wrote the document's passages, or brought them back."""
    index.collection(NAME).renew(_keys(document))


def forget(document: UUID) -> None:
    """Within the transaction that takes them away."""
    index.collection(NAME).delete(_keys(document))


def forget_person(person: int) -> None:
    """All of this person's collections."""
    index.collection(NAME).delete_owner(owner_of(person))


def changed_hands(person: int) -> None:
    """All of these are this person's from now on."""
    for document in Document.objects.filter(collection__owner=person, removed=None).values_list("pk", flat=True):
        forget(document)
        changed(document)


def near(shelves: Sequence[Collection], vector: Vector, most: int) -> list[int]:
    """Passages of these collections, the nearest first. Each owner is asked for in the query itself."""
    scopes: dict[str, list[str]] = {}
    for shelf in shelves:
        scopes.setdefault(owner_of(shelf.owner_id), []).append(shelf.pk.hex)
    hits = [hit for owner, some in scopes.items() for hit in index.collection(NAME).search(vector, owner, some, most)]
    return [int(hit.key) for hit in sorted(hits, key=lambda hit: -hit.similarity)[:most]]


def _keys(document: UUID) -> list[str]:
    return [str(pk) for pk in Passage.objects.filter(document=document).order_by("pk").values_list("pk", flat=True)]
