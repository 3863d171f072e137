"""Says what changed, so that processes drop what they remember of it.

Numbers are given out under a lock that is held until the transaction ends, so whoever has seen a number has seen all before it.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from shortener.models import Change, ChangeCounter, Link

Key = tuple[str, str]
"""Host (empty: the site's own) and slug."""

EVERYTHING: Key = ("", "")

_listeners: list[Callable[[Iterable[Key]], None]] = []


def listen(listener: Callable[[Iterable[Key]], None]) -> None:
    """Calls ``listener`` in this process at once when a change is committed here."""
    _listeners.append(listener)


def key_of(link: Link) -> Key:
    return (link.domain.host if link.domain is not None else "", link.slug)


_gathered: ContextVar[list[Key] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Tells at the end, all at once, of what changes within it: for transactions that change much, since nobody else can change a link while
    one of them holds the counter."""
    keys: list[Key] = []
    token = _gathered.set(keys)
    try:
        yield
    finally:
        _gathered.reset(token)
    changed(*dict.fromkeys(keys))


def changed(*keys: Key) -> None:
    """To be called last in the transaction that changes: others wait for it from here on."""
    if (gathered := _gathered.get()) is not None:
        gathered += keys
        return
    if not keys:
        return
    with transaction.atomic():
        last = _take(len(keys))
        now = timezone.now()
        Change.objects.bulk_create(
            Change(number=last - place, host=host, slug=slug, at=now) for place, (host, slug) in enumerate(keys)
        )
    transaction.on_commit(lambda: tell(keys))


def tell(keys: Iterable[Key]) -> None:
    for listener in _listeners:
        listener(keys)


def _take(count: int) -> int:
    mine = ChangeCounter.objects.filter(pk=1)
    if not mine.update(last=F("last") + count):
        ChangeCounter.objects.get_or_create(pk=1)
        mine.update(last=F("last") + count)
    return mine.values_list("last", flat=True).get()


# --- for those who remember ---------------------------------------------------------------------------------------------

MOST_AT_ONCE = 1_000
KEPT_FOR = datetime.timedelta(hours=1)


def latest() -> int:
    return ChangeCounter.objects.filter(pk=1).values_list("last", flat=True).first() or 0


def since(number: int) -> tuple[int, list[Key]]:
    """The newest number, and what changed after ``number``: everything, when that was much or is not known any more."""
    last = latest()
    if last == number:
        return number, []
    rows = list(Change.objects.filter(number__gt=number).values_list("number", "host", "slug")[: MOST_AT_ONCE + 1])
    if not rows or len(rows) > MOST_AT_ONCE or rows[0][0] != number + 1:
        # Too many, deleted meanwhile, or a database that was put back to an earlier state.
        return last, [EVERYTHING]
    return rows[-1][0], [(host, slug) for _number, host, slug in rows]


def prune() -> int:
    """Deletes what every process has seen long ago."""
    return Change.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
