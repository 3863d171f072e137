"""The life of a task of a node: claimed, renewed, resumed, ended. Every write of a worker is conditional on the lease epoch it
was given; whoever waits for a task hears on commit that it is over.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.bus import control_on_commit
from chat.models import InferenceTask
from inference_client.protocol.messages import Held
from meatlizard.budgets import actions as budgets
from meatlizard.jobs.lease import CHOICE, ENDED, HELD, Reaped, State

Free = Mapping[str, Mapping[str, int]]
"""Free slots by kind and model."""

KEPT_HOURS = 24
"""An ended task, with its result, is there for so long; whoever asked has read it by then."""

PURGED = 1_000
"""Rows that one purge deletes."""

_INTERRUPTED = _("The machine that was at it went away too often.")


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """What a node needs for a task, and nothing about who asks. ``file``: of its input, in the storage; may be empty."""

    task: UUID
    epoch: int
    kind: str
    model: str
    input: dict[str, Any]
    file: str
    trace: str


@dataclass(frozen=True, slots=True)
class Produced:
    """What came of a task, each kind in a field of its own. ``image``: its name in the storage. ``tokens``: what it costs who asked."""

    model: str
    result: dict[str, Any]
    vectors: bytes | None = None
    image: str = ""
    tokens: int = 0


def any_waiting(kinds: Iterable[str]) -> bool:
    return InferenceTask.objects.waiting().filter(kind__in=list(kinds)).exists()


def claim(session: str, node_id: UUID, free: Free, limit: int, only_of: int | None = None) -> list[ClaimedTask]:
    """Leases the first waiting tasks that a node with these slots can do, ``limit`` at most; with ``only_of`` those of one
    user.
    """
    fits = Q()
    for kind, slots in free.items():
        if slots:
            fits |= Q(kind=kind) & (Q(model="") | Q(model__in=list(slots)))
    if not fits:
        return []
    rows = InferenceTask.objects.filter(fits).order_by("rank", "created", "pk")
    if only_of is not None:
        rows = rows.filter(user=only_of)
    placed: dict[UUID, str] = {}

    def share(found: list[InferenceTask]) -> list[tuple[dict[str, Any], list[InferenceTask]]]:
        placed.update(_placed(found, free))
        by_model: dict[str, list[InferenceTask]] = {}
        for row in [row for row in found if row.pk in placed][:limit]:
            by_model.setdefault(placed[row.pk], []).append(row)
        # Kept from here on: who comes back with it must not be taken for another model.
        return [
            ({"lease_owner": session, "node": node_id, "answered_by": alias}, some) for alias, some in by_model.items()
        ]

    claimed = rows.claim_shared(settings.LEASE_SECONDS, limit * CHOICE, share)
    return [_claimed(row, placed[row.pk]) for row in claimed]


def _claimed(row: InferenceTask, model: str) -> ClaimedTask:
    return ClaimedTask(row.pk, row.lease_epoch, row.kind, model, row.input, row.input_file.name or "", row.trace)


def _placed(rows: Sequence[InferenceTask], free: Free) -> dict[UUID, str]:
    left = {kind: dict(slots) for kind, slots in free.items()}
    models: dict[UUID, str] = {}
    for row in rows:
        slots = left.get(row.kind, {})
        alias = row.model or next((alias for alias, count in slots.items() if count > 0), "")
        if slots.get(alias, 0) > 0:
            slots[alias] -= 1
            models[row.pk] = alias
    return models


def resume(session: str, node_id: UUID, holding: Iterable[Held]) -> list[ClaimedTask]:
    """A node came back: it goes on, under new epochs, with the tasks it still holds and has; its others go back to the
    queue.
    """
    taken = []
    until = timezone.now() + datetime.timedelta(seconds=settings.LEASE_SECONDS)
    for held in holding:
        mine = InferenceTask.objects.filter(
            pk=held.generation, node=node_id, state__in=HELD, claim_epoch__lte=held.epoch, lease_epoch__gte=held.epoch
        )
        with transaction.atomic():
            if mine.update(lease_owner=session, lease_epoch=F("lease_epoch") + 1, lease_until=until):
                row = InferenceTask.objects.get(pk=held.generation)
                taken.append(_claimed(row, row.answered_by))
    release(node_id, [row.task for row in taken])
    return taken


def release(node_id: UUID, keep: Iterable[UUID] = ()) -> None:
    """Gives back what the node no longer works on."""
    for row in InferenceTask.objects.filter(node=node_id, state__in=HELD).exclude(pk__in=list(keep)):
        give_back(row.pk, row.lease_epoch, "interrupted", str(_INTERRUPTED))


def renew(session: str, tasks: Sequence[UUID]) -> set[UUID]:
    """Extends leases; returns those that the session still holds."""
    InferenceTask.objects.all().renew(session, tasks, settings.LEASE_SECONDS)
    held = InferenceTask.objects.held().filter(pk__in=tasks, lease_owner=session)
    return set(held.values_list("pk", flat=True))


# --- the end --------------------------------------------------------------------------------------------------------


def succeed(task: UUID, epoch: int, produced: Produced) -> bool:
    """Whether the result was stored: not when the lease was lost."""
    return _end(
        task, State.DONE, epoch=epoch, tokens=produced.tokens, answered_by=produced.model[:100], result=produced.result,
        vectors=produced.vectors, result_file=produced.image,
    )  # fmt: skip


def fail(task: UUID, epoch: int, code: str, error: str) -> bool:
    """For good."""
    return _end(task, State.FAILED, epoch=epoch, error_code=code, error=error.replace("\x00", "\ufffd")[:500])


def give_back(task: UUID, epoch: int, code: str, error: str) -> bool:
    """Another attempt may do: back to the queue, or failed after the last."""
    mine = InferenceTask.objects.filter(pk=task, lease_epoch=epoch, state__in=HELD)
    with transaction.atomic():
        if mine.filter(attempts__lt=settings.GENERATION_MAX_ATTEMPTS).give_back():
            control_on_commit("task")
            return True
    return fail(task, epoch, code, error)


def cancel(tasks: Iterable[UUID]) -> None:
    """Ends tasks that nobody waits for any more; their nodes are told to drop them."""
    for task in tasks:
        with transaction.atomic():
            if _end(task, State.CANCELLED):
                control_on_commit("stop", str(task))


def reap() -> Reaped:
    """Takes tasks back from nodes that were not heard of."""

    def end(row: InferenceTask, state: State, now: datetime.datetime) -> bool:
        return _end(
            row.pk, state, epoch=row.lease_epoch, expired=now, error_code="interrupted", error=str(_INTERRUPTED)
        )  # fmt: skip

    result = InferenceTask.objects.all().reap(settings.GENERATION_MAX_ATTEMPTS, end)
    if result.requeued:
        control_on_commit("task")
    return result


def _end(
    task: UUID,
    state: State,
    *,
    epoch: int | None = None,
    expired: datetime.datetime | None = None,
    tokens: int = 0,
    **values: Any,
) -> bool:
    """Without ``epoch`` whether it waits or runs. What was asked is not kept; a recording is deleted by a job, since a storage
    may be slow.
    """
    from chat.jobs import delete_input

    rows = InferenceTask.objects.filter(pk=task).exclude(state__in=ENDED)
    if epoch is not None:
        rows = rows.filter(lease_epoch=epoch, state__in=HELD)
    if expired is not None:
        rows = rows.filter(lease_until__lt=expired)
    with transaction.atomic():
        won = rows.update(
            state=state, ended_at=timezone.now(), lease_owner="", lease_until=None,
            lease_epoch=F("lease_epoch") + 1, input={}, **values,
        )  # fmt: skip
        if not won:
            return False
        row = InferenceTask.objects.only("input_file", "kind", "user").get(pk=task)
        if row.kind == InferenceTask.Kind.COMPLETION and row.user_id is not None:
            budgets.settle(task, tokens)
        if row.input_file:
            delete_input.enqueue(str(task))
        control_on_commit("task_ended", str(task))
    return True


def delete_input(task: UUID) -> None:
    """Deletes what an ended task was to work on."""
    row = InferenceTask.objects.filter(pk=task, state__in=ENDED).first()
    if row is not None and row.input_file:
        row.input_file.storage.delete(row.input_file.name or "")
        InferenceTask.objects.filter(pk=task).update(input_file="")


def purge(hours: float = KEPT_HOURS) -> int:
    """Deletes tasks that are over since ``hours``, with their files. What waits for so long is cancelled: nobody waits for it."""
    before = timezone.now() - datetime.timedelta(hours=hours)
    cancel(list(InferenceTask.objects.waiting().filter(created__lt=before).values_list("pk", flat=True)))
    over = InferenceTask.objects.filter(state__in=ENDED, created__lt=before, ended_at__lt=before)
    return _delete(over[:PURGED])


def delete(tasks: Iterable[UUID]) -> int:
    """Deletes tasks with their files, after ending those that are not over."""
    keys = list(tasks)
    cancel(keys)
    return _delete(InferenceTask.objects.filter(pk__in=keys))


def _delete(tasks: QuerySet[InferenceTask]) -> int:
    rows = list(tasks.only("input_file", "result_file"))
    for row in rows:
        for file in (row.input_file, row.result_file):
            if file:
                file.storage.delete(file.name or "")
        row.delete()
    return len(rows)
