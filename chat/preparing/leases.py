"""Whose turn it is: answers that wait for the site are leased for a short time to one process, and whoever is late is fenced out.

They stay ``queued`` meanwhile, so stopping, deleting and handing over need no more care than with any that waits: each of these
changes state or model, and the process that still prepares then changes nothing any more.
"""

import datetime
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from chat.bus import control_on_commit
from chat.models import Generation
from chat.models.generations import SITE, GenerationQuerySet
from chat.preparing.steps import Answer

SECONDS = 10.0
"""After which what a killed process left is taken by another; who works renews it meanwhile."""

MOST_TURNS = 3
"""Processes that may die over an answer before it goes on without being prepared."""


def _turns() -> GenerationQuerySet:
    return Generation.objects.filter(state="queued", model=SITE)


def _mine(owner: str) -> GenerationQuerySet:
    return _turns().filter(lease_owner=owner)


def take(owner: str, limit: int) -> list[Generation]:
    """Leases the first of those that nobody prepares, each with its conversation, message and question."""
    now = timezone.now()
    free = _turns().filter(Q(lease_until=None) | Q(lease_until__lt=now)).order_by("rank")
    if not free.exists():
        # Without the transaction, which on SQLite would hold up whoever writes.
        return []
    if connection.features.has_select_for_update_skip_locked:
        free = free.select_for_update(skip_locked=True, of=("self",))
    until = now + datetime.timedelta(seconds=SECONDS)
    with transaction.atomic():
        keys = list(free.values_list("pk", flat=True)[:limit])
        _turns().filter(pk__in=keys).update(lease_owner=owner, lease_until=until, lease_epoch=F("lease_epoch") + 1)
    rows = _mine(owner).filter(pk__in=keys).select_related("conversation", "message__parent", "user__tier")
    return list(rows.order_by("rank"))


def renew(owner: str, under_way: Collection[UUID]) -> set[UUID]:
    """Returns which of ``under_way`` are still this process's to prepare: the rest was stopped, deleted or taken by another.

    What it leased and does not work on is left to run out: of whose turn a failing database cut off, nobody else would know.
    """
    mine = _mine(owner).filter(pk__in=under_way)
    with transaction.atomic():
        rows = mine
        if connection.features.has_select_for_update_skip_locked:
            # Never waited for: who ends several turns at once locks them in another order.
            rows = _mine(owner).filter(
                pk__in=list(mine.select_for_update(skip_locked=True).values_list("pk", flat=True))
            )
        rows.update(lease_until=timezone.now() + datetime.timedelta(seconds=SECONDS))
    return set(mine.values_list("pk", flat=True))


def let_go(owner: str) -> None:
    """Leaves all that ``owner`` prepares to the others, at once."""
    if _mine(owner).update(lease_owner="", lease_until=None):
        control_on_commit("prepare")


def forget() -> None:
    """The only process has just started: nobody prepares anything."""
    _turns().exclude(lease_owner="").update(lease_owner="", lease_until=None)


def ready(answers: Iterable[Answer]) -> int:
    """Their models may be asked now. Returns of how many: not of those that were stopped, deleted or taken by somebody else."""
    done = 0
    with transaction.atomic():
        # In the order in which whoever deletes a conversation locks its answers.
        for one in sorted(answers, key=lambda one: one.generation.pk.hex):
            row = one.generation
            done += _mine(row.lease_owner).filter(pk=row.pk, lease_epoch=row.lease_epoch).update(
                model=one.model[:100], sampling=one.sampling, wants="", lease_owner="", lease_until=None,
                tools=row.tools, most_calls=row.most_calls, routed=row.routed,
            )  # fmt: skip
        if done:
            control_on_commit("work")
    return done
