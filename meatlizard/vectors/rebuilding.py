"""Brings vectors and index back in line with what the apps have: after another model, a restored backup, or damage."""

from collections.abc import Generator, Iterator
from typing import Final

from meatlizard.vectors import pgvector, registry
from meatlizard.vectors.index import Collection, collection
from meatlizard.vectors.models import Pending, StoredVector
from meatlizard.vectors.vector import MODEL

PART: Final = 500


def in_line() -> bool:
    """A cheap look: as many vectors of this model, and texts that wait for one, as there are things to find."""
    for name, source in registry.sources().items():
        there = StoredVector.objects.filter(collection=name)
        if there.count() > source.count():
            return False
        waiting = Pending.objects.filter(collection=name).count()
        if there.filter(model=MODEL).count() + waiting < source.count():
            return False
    return True


def count() -> int:
    """About how many steps :func:`sweep` takes."""
    return sum(source.count() for source in registry.sources().values())


def sweep() -> Iterator[int]:
    """Has all that has no vector of this model made one, and deletes the vectors of what is gone. Yields how many things it has looked at;
    it may be stopped anywhere and begun again.
    """
    for name, source in registry.sources().items():
        things = collection(name)
        yield from _remove_gone(things, source)
        last = ""
        while keys := source.keys(last, PART):
            missing = things.missing(keys, MODEL)
            waiting = set(Pending.objects.filter(collection=name, key__in=missing).values_list("key", flat=True))
            things.renew(key for key in missing if key not in waiting)
            last = keys[-1]
            yield len(keys)


def _remove_gone(things: Collection, source: registry.Source) -> Iterator[int]:
    last = 0
    stored = StoredVector.objects.filter(collection=things.name).order_by("pk")
    while rows := dict(stored.filter(pk__gt=last).values_list("pk", "key")[:PART]):
        there = source.read(list(rows.values()))
        things.remove([key for key in rows.values() if key not in there])
        last = max(rows)
        # Nothing of what the progress is counted in.
        yield 0


def heal_index() -> Generator[int, None, None]:
    """Makes the index of pgvector anew where it is damaged, and where it may be made. Yields as :func:`sweep`."""
    if not pgvector.whole() and pgvector.make():
        yield from pgvector.fill()
