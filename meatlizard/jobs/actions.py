"""Verbs on jobs: enqueue, claim, end. Every write after the claim is conditional on the lease's epoch."""

import datetime
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from meatlizard.jobs import lanes, wakeup
from meatlizard.jobs.lease import HELD, Reaped, State
from meatlizard.jobs.models import PRIORITY_MS, Job
from meatlizard.ops import switches
from meatlizard.ops.logs import current_request_id

MAX_ATTEMPTS = 3
RETRY_SECONDS = 5.0
"""Pause before the second attempt; four times as long before the third."""

VANISHED = {"exception_class_path": "builtins.RuntimeError", "traceback": "The worker vanished in the middle of it."}


def enqueue(task: str, args: list[Any], kwargs: dict[str, Any], **more: Any) -> Job:
    """Stores a job; a worker of this process starts when the present transaction commits. ``more``: queue, backend, priority, run_after."""
    now = timezone.now()
    first = max(now, more.get("run_after") or now)
    rank = int(first.timestamp() * 1000) - more.get("priority", 0) * PRIORITY_MS
    job = Job.objects.create(
        task=task, args=args, kwargs=kwargs, created=now, rank=rank, trace=current_request_id(), **more
    )
    transaction.on_commit(wakeup.jobs.notify)
    return job


def claim(owner: str, lane: str = lanes.DEFAULT) -> Job | None:
    """Leases the next due job of this lane to ``owner``. While nothing may be changed on the site, jobs wait as people do."""
    due = Job.objects.due().of_lane(lane)
    if switches.remembered().read_only:
        due = due.filter(task__in=lanes.going_on())
    job = due.in_order().claim_next(owner, settings.LEASE_SECONDS, started=timezone.now())
    if job is not None:
        job.workers = [*job.workers, owner]
        _mine(job).update(workers=job.workers)
    return job


def renew(owner: str, jobs: Iterable[UUID]) -> int:
    return Job.objects.all().renew(owner, jobs, settings.LEASE_SECONDS)


def succeed(job: Job, result: Any) -> bool:
    """Whether the result was stored: not when the lease was lost in the meantime."""
    return bool(_mine(job).update(**_ended(State.DONE), result=result))


def fail(job: Job, error: dict[str, str]) -> bool:
    """Notes a failed attempt: back to the queue with a pause, or failed for good. Whether this worker still had a say."""
    errors = [*job.errors, error]
    if job.attempts >= MAX_ATTEMPTS:
        return bool(_mine(job).update(**_ended(State.FAILED), errors=errors))
    later = timezone.now() + datetime.timedelta(seconds=RETRY_SECONDS * 4 ** (job.attempts - 1))
    return bool(
        _mine(job).update(
            state=State.QUEUED,
            lease_owner="",
            lease_until=None,
            lease_epoch=job.lease_epoch + 1,
            errors=errors,
            run_after=later,
        )
    )


def give_back(jobs: Iterable[UUID], owner: str) -> int:
    """Returns what ``owner`` runs to the queue, when it has to stop. The attempt counts."""
    return Job.objects.filter(pk__in=list(jobs), lease_owner=owner).give_back()


def reap() -> Reaped:
    """Takes jobs back from workers that were not heard of for LEASE_SECONDS."""
    reaped = Job.objects.all().reap(MAX_ATTEMPTS, _end_vanished)
    if reaped.requeued:
        wakeup.jobs.notify()
    return reaped


def clear_old(days: int = 7) -> int:
    """Deletes what ended more than ``days`` ago."""
    limit = timezone.now() - datetime.timedelta(days=days)
    return Job.objects.filter(finished__lt=limit).delete()[0]


def _end_vanished(job: Job, state: State, now: datetime.datetime) -> bool:
    changes = _ended(state) | {"lease_epoch": job.lease_epoch + 1, "errors": [*job.errors, VANISHED]}
    return bool(_mine(job).filter(lease_until__lt=now).update(**changes))


def _mine(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state__in=HELD, lease_epoch=job.lease_epoch)


def _ended(state: State) -> dict[str, Any]:
    return {"state": state, "finished": timezone.now(), "lease_until": None}
