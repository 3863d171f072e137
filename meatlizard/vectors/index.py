"""Vectors with whose they are: put, deleted, searched. What one owner has nobody else finds, since the query itself asks for the owner.

An app does three things: it registers what it has (:mod:`meatlizard.vectors.registry`), it says :meth:`Collection.renew` and
:meth:`Collection.delete` in the transactions that write, and it searches::

    messages = index.collection("chat.messages")
    messages.renew([str(message.pk)])
    vector = await embedding.embed_query(question)
    hits = await in_database(messages.search, vector, owner=str(user.pk), scopes=None, most=20)
"""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from meatlizard.metrics.registry import histogram
from meatlizard.vectors import pgvector, scan
from meatlizard.vectors.asked import Asked
from meatlizard.vectors.models import Pending, StoredVector
from meatlizard.vectors.vector import Vector, signs

if TYPE_CHECKING:
    from django.db.models import QuerySet

search_seconds = histogram("vector_search_seconds", "Seconds of one search by meaning.", ("collection", "way"))

PART = 500
"""Rows of one statement."""


@dataclass(frozen=True, slots=True)
class Item:
    """``key``, ``owner`` and ``scope`` have at most 64 characters; what they are says :class:`meatlizard.vectors.registry.Text`."""

    key: str
    owner: str
    scope: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Hit:
    """``similarity`` is the cosine: 1 for the same meaning, around 0 for nothing in common."""

    key: str
    similarity: float


class Collection:
    """One kind of thing. All verbs are synchronous, and part of the transaction that they are called in."""

    def __init__(self, name: str) -> None:
        self.name = name

    # --- writing ----------------------------------------------------------------------------------------------------

    def renew(self, keys: Iterable[str]) -> None:
        """Their texts are new, or have changed: soon they are read and turned into vectors in the background."""
        now = timezone.now()
        rows = [Pending(collection=self.name, key=key, due=now) for key in dict.fromkeys(keys)]
        Pending.objects.bulk_create(rows, PART)

    def put(self, items: Iterable[Item]) -> None:
        """Whatever had one of the keys is replaced."""
        rows = [
            StoredVector(
                collection=self.name, key=item.key, owner=item.owner, scope=item.scope,
                model=item.vector.model, numbers=item.vector.numbers, signs=signs(item.vector.numbers),
            )
            for item in {item.key: item for item in items}.values()
        ]  # fmt: skip
        with transaction.atomic():
            StoredVector.objects.bulk_create(
                rows, PART, update_conflicts=True, unique_fields=["collection", "key"],
                update_fields=["owner", "scope", "model", "numbers", "signs"],
            )  # fmt: skip
            if rows and pgvector.exists():
                # By key: rows that were there before have kept their ids.
                stored = StoredVector.objects.filter(collection=self.name, key__in=[row.key for row in rows])
                pgvector.add(dict(stored.values_list("pk", "numbers")))

    def delete(self, keys: Iterable[str]) -> None:
        """What was to be put of them is not put any more either."""
        with transaction.atomic():
            for part in _parts(list(dict.fromkeys(keys))):
                # In this order: whoever is about to put one holds its row here, and is waited for.
                Pending.objects.filter(collection=self.name, key__in=part).delete()
                self.remove(part)

    def remove(self, keys: Several[str]) -> None:
        """Their vectors alone: what is pending stays so."""
        _delete(StoredVector.objects.filter(collection=self.name, key__in=keys))

    def delete_scope(self, scope: str) -> None:
        """All of a channel, a conversation or whatever else the scopes are, whoever owns it. What is yet to be put is up to the source,
        which says at :meth:`~meatlizard.vectors.registry.Source.read` what is there still.
        """
        _delete(StoredVector.objects.filter(collection=self.name, scope=scope))

    def delete_owner(self, owner: str) -> None:
        """As :meth:`delete_scope`, of all that is one owner's."""
        _delete(StoredVector.objects.filter(collection=self.name, owner=owner))

    # --- finding ----------------------------------------------------------------------------------------------------

    def search(self, vector: Vector, owner: str, scopes: Several[str] | None, most: int) -> list[Hit]:
        """What of the owner's is nearest, the nearest first; of these scopes alone, or of all (None). Nothing of other models. More than
        500 of many thousands are not looked for.
        """
        if (scopes is not None and not scopes) or most < 1:
            return []
        asked = Asked(self.name, vector, owner, sorted(set(scopes)) if scopes is not None else None, most)
        names = pgvector.usable()
        with search_seconds.timed(self.name, "index" if names else "scan"):
            found = pgvector.nearest(asked, names) if names else scan.nearest(asked)
        return [Hit(key, similarity) for key, similarity in found]

    def missing(self, keys: Several[str], model: str) -> list[str]:
        """Those that have no vector of that model."""
        there: set[str] = set()
        for part in _parts(list(keys)):
            rows = StoredVector.objects.filter(collection=self.name, key__in=part, model=model)
            there.update(rows.values_list("key", flat=True))
        return [key for key in keys if key not in there]


def collection(name: str) -> Collection:
    return Collection(name)


def _delete(rows: "QuerySet[StoredVector]") -> None:
    with transaction.atomic():
        if pgvector.exists():
            pgvector.remove(rows.values_list("pk", flat=True))
        rows.delete()


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(keys), PART):
        yield keys[at : at + PART]
