"""Who keeps a content. The count changes in the transaction that adds or removes a holder, by updates that depend on nothing read before."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Case, Count, F, QuerySet, Value, When
from django.utils import timezone

from files.blobs.trouble import Gone
from files.models import Blob

AT_ONCE = 500

_holders: list[Callable[[], "QuerySet[Any]"]] = []


def counted(holders: Callable[[], "QuerySet[Any]"]) -> None:
    """Registers rows that keep a blob each, by their foreign key ``blob``; call it in ``ready``. Who holds and is not registered here
    would be counted away when the counts are verified."""
    if holders not in _holders:
        _holders.append(holders)


def hold(blob: Blob | str) -> None:
    """One more keeps it, within the caller's transaction. Raises Gone when it is being deleted: its bytes have to be adopted again."""
    present = Blob.objects.filter(pk=_key(blob)).exclude(state=Blob.State.GOING)
    if not present.update(references=F("references") + 1, unreferenced=None):
        raise Gone


def hold_all(blobs: Iterable[Blob | str]) -> None:
    """As many more as come, a blob that comes twice twice. Raises Gone when one of them is being deleted."""
    for times, keys in _in_order(blobs):
        present = Blob.objects.filter(pk__in=keys).exclude(state=Blob.State.GOING)
        if present.update(references=F("references") + times, unreferenced=None) != len(keys):
            raise Gone


def release(blob: Blob | str) -> None:
    """One less keeps it, within the caller's transaction."""
    release_all([blob])


def release_all(blobs: Iterable[Blob | str]) -> None:
    """As many less as come, a blob that comes twice twice."""
    for times, keys in _in_order(blobs):
        Blob.objects.filter(pk__in=keys, references__gte=times).update(
            references=F("references") - times,
            unreferenced=Case(When(references=times, then=Value(timezone.now())), default=F("unreferenced")),
        )


def _in_order(blobs: Iterable[Blob | str]) -> Iterator[tuple[int, list[str]]]:
    """Those that come equally often together, some hundreds at a time. All are locked before, in one order for everybody, so that no two
    wait for each other."""
    found = Counter(map(_key, blobs))
    for keys in batched(sorted(found), AT_ONCE):
        if len(found) > 1:
            list(Blob.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
    for times in sorted(set(found.values())):
        for keys in batched((key for key in found if found[key] == times), AT_ONCE):
            yield times, keys


def batched(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, most)):
        yield some


def counts(blobs: Iterable[str]) -> Counter[str]:
    """How many keep each of these, by looking at those who do."""
    keys, found = list(blobs), Counter[str]()
    for holders in _holders:
        rows = holders().filter(blob__in=keys).order_by().values_list("blob").annotate(n=Count("pk"))
        found.update(dict(rows))
    return found


def _key(blob: Blob | str) -> str:
    return blob if isinstance(blob, str) else blob.pk
