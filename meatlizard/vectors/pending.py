"""What is yet to become a vector, taken in parts: whoever takes one has it alone for a while, and whoever falls over loses it to others."""

import datetime
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from meatlizard.vectors import registry
from meatlizard.vectors.index import Item, collection
from meatlizard.vectors.models import Pending
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import Vector

log = logging.getLogger(__name__)

PART: Final = 100
LEASE: Final = datetime.timedelta(minutes=2)
ATTEMPTS: Final = 5
PAUSE: Final = datetime.timedelta(seconds=30)
"""After the first failure; twice as long after each other one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Changes in one collection (keys by row) that are this process's until the lease runs out, and the texts that are there still."""

    collection: str
    rows: Mapping[int, str]
    texts: Mapping[str, Text]


def take() -> Taken | None:
    """The longest due. What has failed before is taken alone, so that it fails alone. To be called outside of transactions."""
    now = timezone.now()
    # Nearly always there is nothing, and a transaction would lock SQLite for that.
    first = Pending.objects.filter(due__lte=now).order_by("due", "pk").first()
    if first is None:
        return None
    due = Pending.objects.filter(due__lte=now, collection=first.collection).order_by("due", "pk")
    due = due.filter(pk=first.pk) if first.attempts else due.filter(attempts=0)
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        rows = dict(due.values_list("pk", "key")[:PART])
        Pending.objects.filter(pk__in=rows).update(due=now + LEASE)
    return Taken(first.collection, rows, _texts(first.collection, set(rows.values())))


def _texts(name: str, keys: Collection[str]) -> Mapping[str, Text]:
    found = registry.sources().get(name)
    if found is None:
        log.error("vectors.no_source", extra={"collection": name})
    return found.read(keys) if found is not None else {}


def store(taken: Taken, vectors: Mapping[str, Vector]) -> int:
    """Puts the vectors of what has neither been deleted nor taken by others meanwhile. Returns how many. What has changed since it was
    read is pending by another row, and comes again.
    """
    things = collection(taken.collection)
    with transaction.atomic():
        rows = Pending.objects.filter(pk__in=taken.rows).order_by("pk")
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()
        held = dict(rows.values_list("pk", "key"))
        keys = set(held.values())
        # Making vectors takes its time, and whoever deletes a whole owner or scope says nothing of single keys.
        there = _texts(taken.collection, keys)
        items = [
            Item(key, there[key].owner, there[key].scope, vectors[key])
            for key in taken.texts
            if key in there and key in vectors
        ]
        things.put(items)
        things.remove([key for key in keys if key not in taken.texts or key not in there])
        Pending.objects.filter(pk__in=held).delete()
    return len(items)


def release(taken: Taken) -> None:
    """Nobody could do it now: others may, at once."""
    Pending.objects.filter(pk__in=taken.rows).update(due=timezone.now())


def failed(taken: Taken) -> None:
    """Somebody was there, and could not. It is tried again later, one by one, and in the end no more."""
    now = timezone.now()
    with transaction.atomic():
        for row in Pending.objects.filter(pk__in=taken.rows):
            row.attempts, row.due = row.attempts + 1, now + PAUSE * 2**row.attempts
            if row.attempts < ATTEMPTS:
                row.save(update_fields=["attempts", "due"])
                continue
            row.delete()
            log.error("vectors.given_up", extra={"collection": row.collection, "key": row.key})


def waiting() -> int:
    return Pending.objects.count()
