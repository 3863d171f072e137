"""Leases: how a row of work is claimed, kept, fenced and given back. Generations and background jobs share this one
implementation.

A row is claimed under a lease with a deadline. Every claim raises ``lease_epoch``, the fencing token: each later write
of the worker is conditional on it, so a worker that was paused past its deadline cannot write over the one that took
its place. Claiming is safe with any number of processes: ``FOR UPDATE SKIP LOCKED`` where the database has it, an
immediate transaction on SQLite, and in both cases a conditional update that changes exactly one row or none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connections, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound="Leased")


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    LEASED = "leased", _("leased")
    STREAMING = "streaming", _("streaming")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


HELD = (State.LEASED, State.STREAMING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED)

LEASING: dict[str, Any] = {
    "state": State.LEASED,
    "lease_epoch": F("lease_epoch") + 1,
    "claim_epoch": F("lease_epoch") + 1,
    "attempts": F("attempts") + 1,
}
"""What every claim sets, beside owner and deadline."""

CHOICE = 4
"""How many times the wanted number of rows a chooser gets to see."""


@dataclass(slots=True)
class Reaped:
    """What a sweep over expired leases did, by primary key."""

    requeued: list[Any] = field(default_factory=list)
    failed: list[Any] = field(default_factory=list)
    cancelled: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.requeued or self.failed or self.cancelled)


class LeasedQuerySet(models.QuerySet[Row]):
    def waiting(self) -> "LeasedQuerySet[Row]":
        return self.filter(state=State.QUEUED)

    def held(self) -> "LeasedQuerySet[Row]":
        return self.filter(state__in=HELD)

    def in_order(self) -> "LeasedQuerySet[Row]":
        """Waiting rows in the order in which they are to be claimed."""
        return self.order_by("rank", "pk")

    def claim_next(self, owner: str, seconds: float, **values: Any) -> Row | None:
        """Leases the first waiting row of this (ordered, filtered) set to ``owner``, setting ``values`` too; None when
        there is none.
        """
        rows = self.claim(owner, seconds, 1, **values)
        return rows[0] if rows else None

    def claim(
        self,
        owner: str,
        seconds: float,
        limit: int,
        choose: "Callable[[list[Row]], list[Row]] | None" = None,
        **values: Any,
    ) -> list[Row]:
        """Leases up to ``limit`` waiting rows of this (ordered, filtered) set to ``owner``, setting ``values`` too.

        ``choose`` gets the first rows, somewhat more than ``limit``, within the transaction and returns those to lease.
        """

        def for_one(rows: list[Row]) -> list[tuple[dict[str, Any], list[Row]]]:
            return [({"lease_owner": owner, **values}, (choose(rows) if choose else rows)[:limit])]

        return self.claim_shared(seconds, limit * CHOICE if choose else limit, for_one)

    def claim_shared(
        self, seconds: float, window: int, share: "Callable[[list[Row]], list[tuple[dict[str, Any], list[Row]]]]"
    ) -> list[Row]:
        """Leases waiting rows to several owners in one transaction: all of them or, should one be lost, none.

        ``share`` gets the first ``window`` rows and returns, for each owner, the values to set, ``lease_owner`` among
        them, and the rows to set them on.
        """
        with transaction.atomic(using=self.db):
            shares = [one for one in share(self._locked(window)) if one[1]]
            until = timezone.now() + timedelta(seconds=seconds)
            for values, rows in shares:
                if self._lease(rows, lease_until=until, **values) != len(rows):
                    # Cannot happen under locks or an exclusive transaction; without either, nothing may be half claimed.
                    transaction.set_rollback(True, using=self.db)
                    return []
        for values, rows in shares:
            for row in rows:
                row.state, row.lease_owner, row.lease_until = State.LEASED, values["lease_owner"], until
                row.lease_epoch += 1
                row.claim_epoch = row.lease_epoch
                row.attempts += 1
        return [row for _, rows in shares for row in rows]

    def _locked(self, window: int) -> list[Row]:
        """The first ``window`` waiting rows, locked for the transaction where the database locks rows."""
        candidates = self.waiting()
        if connections[self.db].features.has_select_for_update_skip_locked:
            candidates = candidates.select_for_update(skip_locked=True, of=("self",))
        return list(candidates[:window])

    def _lease(self, rows: list[Row], **values: Any) -> int:
        """Marks the rows as leased, those that still wait; returns how many."""
        # Not row.save(): the condition is the claim, also on a database without row locks.
        waiting = self.model._base_manager.using(self.db).filter(pk__in=[row.pk for row in rows], state=State.QUEUED)
        return waiting.update(**LEASING, **values)

    def renew(self, owner: str, ids: Iterable[Any], seconds: float) -> int:
        """Extends the leases that ``owner`` still holds; returns how many."""
        until = timezone.now() + timedelta(seconds=seconds)
        return self.held().filter(pk__in=list(ids), lease_owner=owner).update(lease_until=until)

    def give_back(self) -> int:
        """Returns every held row of this set to the queue at once, keeping its place. The old holder is fenced out."""
        return self.held().update(**_returned(State.QUEUED))

    def reap(
        self,
        max_attempts: int,
        end: "Callable[[Row, State, datetime], bool] | None" = None,
        limit: int = 200,
    ) -> Reaped:
        """Ends expired leases: back to the queue, or failed after ``max_attempts``, or cancelled where a stop was asked
        for.

        ``end(row, state, now)`` ends a row for good, under the same condition (epoch, lease expired before ``now``),
        and says whether it did; without it only the columns here are set. Safe in many processes at once: each row goes
        to exactly one of them.
        """
        now = timezone.now()
        result = Reaped()
        for row in self.held().filter(lease_until__lt=now).order_by("lease_until")[:limit]:
            mine = self.model._base_manager.using(self.db).filter(
                pk=row.pk, state__in=HELD, lease_epoch=row.lease_epoch, lease_until__lt=now
            )
            if not row.stop_requested and row.attempts < max_attempts:
                # Conditional on no stop having come since: that one is ended at the next look.
                if mine.filter(stop_requested=False).update(**_returned(State.QUEUED)):
                    result.requeued.append(row.pk)
                continue
            state = State.CANCELLED if row.stop_requested else State.FAILED
            if end(row, state, now) if end else mine.update(**_returned(state)):
                (result.cancelled if row.stop_requested else result.failed).append(row.pk)
        return result


def _returned(state: State) -> dict[str, Any]:
    return {"state": state, "lease_owner": "", "lease_until": None, "lease_epoch": F("lease_epoch") + 1}


class Leased(models.Model):
    """Columns of a row that workers claim. ``rank`` is Unix milliseconds of the enqueueing plus penalties: lower goes
    first.
    """

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    rank = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    stop_requested = models.BooleanField(default=False)
    lease_owner = models.CharField(max_length=64, blank=True, default="")
    lease_epoch = models.PositiveIntegerField(default=0)
    claim_epoch = models.PositiveIntegerField(default=0, help_text=_("the lease epoch at the last claim"))
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def ended(self) -> bool:
        return self.state in ENDED
