"""What was composed, kept: each distinct system prompt once, and of each answer which of them its model has read."""

import datetime
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat.models import Generation, kept
from chat.models.prompts import Composition as Stored
from chat.prompting.layers import EMPTY, Composition

KEPT = datetime.timedelta(days=1)
"""How long a composition stays to which no answer refers any more."""

SEEN_AGAIN = datetime.timedelta(hours=6)
"""After which a process says again that it is in use. Shorter than KEPT, so that none in use is deleted in between."""

A_DELETION = 500
"""Compositions that are deleted at once."""

MOST_REMEMBERED = 1_000

_seen: dict[UUID, datetime.datetime] = {}
"""Compositions that this process has put down, and when."""


def note(read: Iterable[tuple[Generation, Composition]]) -> None:
    """Notes for claimed generations what their models read. Nothing is written where that is what their rows say already."""
    news = [(row, composition) for row, composition in read if row.composition_id != composition.digest]
    if not news:
        return
    now = timezone.now()
    for composition in {composition.digest: composition for _, composition in news}.values():
        _put_down(composition, now)
    # In one order everywhere, or two claims could wait for each other.
    news.sort(key=lambda one: one[0].pk)
    with transaction.atomic() if len(news) > 1 else nullcontext():
        for row, composition in news:
            kept.note_composition.run(id=row.pk, lease_epoch=row.lease_epoch, composition=composition.digest)


def _put_down(composition: Composition, now: datetime.datetime) -> None:
    digest = composition.digest
    last = _seen.get(digest)
    if digest == EMPTY.digest or (last is not None and now - last < SEEN_AGAIN):
        return
    row = Stored(digest=digest, layers=[asdict(layer) for layer in composition.layers], seen=now)
    Stored.objects.bulk_create([row], update_conflicts=True, unique_fields=["digest"], update_fields=["seen"])
    # Not before it is there for everybody.
    transaction.on_commit(partial(_remember, digest, now))


def _remember(digest: UUID, now: datetime.datetime) -> None:
    if len(_seen) >= MOST_REMEMBERED:
        _seen.clear()
    _seen[digest] = now


def read_for(generation: Generation) -> list[dict[str, object]] | None:
    """The layers of the system prompt that an answer's model has read, an empty list for none; None when the site does not know."""
    if generation.composition_id is None:
        return None
    if generation.composition_id == EMPTY.digest:
        return []
    row = Stored.objects.filter(pk=generation.composition_id).first()
    return row.layers if row else None


def blank(user: int, request: UUID, name: str) -> int:
    """Takes the text of the layers called ``name`` out of what is kept of the answers to ``request``: somebody wants it forgotten. Returns
    of how many."""
    rows = Generation.objects.filter(user=user, request=request).exclude(composition=None)
    found = Stored.objects.filter(pk__in=rows.values_list("composition", flat=True))
    for row in found:
        row.layers = [{**layer, "text": ""} if layer["name"] == name else layer for layer in row.layers]
        row.save(update_fields=["layers"])
    return len(found)


def purge(now: datetime.datetime | None = None) -> int:
    """Deletes compositions to which no answer refers any more. Returns how many."""
    before = (now or timezone.now()) - KEPT
    unused = set(Stored.objects.filter(seen__lt=before).values_list("pk", flat=True))
    if not unused:
        return 0
    # All answers once: to look for each composition among them takes no index and, with many of both, for ever.
    for used in Generation.objects.order_by().values_list("composition", flat=True).distinct().iterator(10_000):
        unused.discard(used)
    keys, gone = sorted(unused), 0
    for at in range(0, len(keys), A_DELETION):
        # What came into use again in the meantime was seen again first.
        gone += Stored.objects.filter(pk__in=keys[at : at + A_DELETION], seen__lt=before).delete()[0]
    return gone
