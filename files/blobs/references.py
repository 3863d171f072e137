"""Who keeps a content. The count changes in the transaction that adds or removes a holder, by updates that depend on nothing read before."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Case, Count, F, QuerySet, Value, When
from django.utils import timezone

from files.blobs.trouble import Gone
from files.models import Blob

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


def release(blob: Blob | str) -> None:
    """One less keeps it, within the caller's transaction."""
    release_all([blob])


def release_all(blobs: Iterable[Blob | str]) -> None:
    """As many less as come, a blob that comes twice twice. One order for everybody, so that no two wait for each other."""
    for key, times in sorted(Counter(map(_key, blobs)).items()):
        Blob.objects.filter(pk=key, references__gte=times).update(
            references=F("references") - times,
            unreferenced=Case(When(references=times, then=Value(timezone.now())), default=F("unreferenced")),
        )


def counts(blobs: Iterable[str]) -> Counter[str]:
    """How many keep each of these, by looking at those who do."""
    keys, found = list(blobs), Counter[str]()
    for holders in _holders:
        rows = holders().filter(blob__in=keys).order_by().values_list("blob").annotate(n=Count("pk"))
        found.update(dict(rows))
    return found


def _key(blob: Blob | str) -> str:
    return blob if isinstance(blob, str) else blob.pk
