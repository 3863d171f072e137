"""The chain of audit entries: each is numbered, and its hash covers its content, its number and the hash before it.

An entry is written in the transaction that does what it tells of, and linked right after that has been committed, in a transaction of its
own under the lock of one row. So nobody's work waits for anybody else's, and numbers have no gaps. What a process that died in between has
left, or one of a release before wrote, is linked with the next entry, or by the upkeep within a second. Triggers of the database refuse all
changes but that one, before and after it (:mod:`meatlizard.moderation.triggers`).

A chain shows that something was changed by whoever cannot write all that follows anew. Against the owner of the database only a hash helps that
was noted elsewhere: ``manage.py audit_verify`` prints the newest, and takes one to look for.
"""

import datetime
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.moderation.models import AuditEntry, AuditHead

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """``broken``: number of the first entry that is not as it was written, None when all are; ``why``: in words. ``first`` and ``last``: what
    was looked at; ``digest``: the newest hash."""

    first: int
    last: int
    digest: str
    broken: int | None = None
    why: str = ""


def digest(before: str, number: int, row: AuditEntry) -> str:
    """SHA-256 over the hash before, the number, and the content as JSON with sorted keys."""
    return hashlib.sha256(f"{before}\n{number}\n{_content(row)}".encode()).hexdigest()


def link() -> int:
    """Puts the entries into the chain that are not yet in it, at most :data:`BATCH`; how many."""
    if not AuditEntry.objects.filter(number=None).exists():
        return 0
    with transaction.atomic():
        head = _locked()
        rows = list(AuditEntry.objects.filter(number=None).order_by("pk")[:BATCH])
        for row in rows:
            head.number += 1
            head.digest = digest(head.digest, head.number, row)
            AuditEntry.objects.all().link(row.pk, head.number, head.digest)
        if rows:
            head.save(update_fields=["number", "digest"])
    return len(rows)


def link_all() -> None:
    while link():
        pass


def let_go(before: datetime.datetime) -> int:
    """Takes away entries from before then. The chain goes on from the last of them, whose hash is kept."""
    link_all()
    with transaction.atomic():
        head = _locked()
        # The oldest in the order of the chain, up to the first that is to stay: a gap would be no chain.
        rows = AuditEntry.objects.filter(number__isnull=False).order_by("number")
        stays = rows.filter(at__gte=before).values_list("number", flat=True).first()
        last = (rows if stays is None else rows.filter(number__lt=stays)).last()
        if last is None or last.number is None:
            return 0
        head.gone, head.gone_digest = last.number, last.digest
        head.save(update_fields=["gone", "gone_digest"])
        return AuditEntry.objects.all().forget(last.number)


def verify(number: int | None = None, expected: str = "") -> Verdict:
    """Goes through all entries, holding up nobody. ``number`` and ``expected``: an entry and its hash as they were noted once."""
    link_all()
    while True:
        head = AuditHead.objects.filter(pk=1).first() or AuditHead()
        verdict = _verified(head, number, expected)
        if verdict.broken is None or not AuditHead.objects.filter(pk=1, gone__gt=head.gone).exists():
            return verdict
        # Old entries were taken away meanwhile.


def _verified(head: AuditHead, number: int | None, expected: str) -> Verdict:
    first, last, before = head.gone + 1, head.gone, head.gone_digest
    if number is not None and not head.gone <= number <= head.number:
        return Verdict(first, head.number, head.digest, number, _("no entry of this number is there"))
    if number == head.gone and expected != before:
        return Verdict(first, last, before, number, _("its hash is another than the one noted"))
    for row in AuditEntry.objects.filter(number__lte=head.number).order_by("number").iterator(BATCH):
        assert row.number is not None
        why = ""
        if row.number != last + 1:
            why = _("it is missing")
        elif row.digest != digest(before, row.number, row):
            why = _("its content, or what stands before it, is not what was written")
        elif row.number == number and row.digest != expected:
            why = _("its hash is another than the one noted")
        if why:
            return Verdict(first, last, before, last + 1, why)
        last, before = row.number, row.digest
    if last != head.number:
        return Verdict(first, last, before, last + 1, _("it is missing: the newest entries are gone"))
    if before != head.digest:
        return Verdict(first, last, before, last, _("the head of the chain has another hash"))
    return Verdict(first, last, before)


def _locked() -> AuditHead:
    AuditHead.objects.get_or_create(pk=1)
    return AuditHead.objects.select_for_update().get(pk=1)


def _content(row: AuditEntry) -> str:
    at = row.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    parts = [at, row.door, row.actor, row.action, row.target, row.person, row.before, row.after, row.reason]
    return json.dumps(_plain(parts), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """As it comes back from both databases: PostgreSQL's jsonb gives 1e20 back as a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
