"""Background jobs as operators see and steer them. Arguments may hold people's data, and are not shown."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meatlizard.control.queues import Entry, Stage
from meatlizard.jobs import wakeup
from meatlizard.jobs.lease import ENDED, HELD, State
from meatlizard.jobs.models import Job, JobQuerySet


class Jobs:
    name = "jobs"
    title = _("Background jobs")

    def count(self, stage: Stage) -> int:
        return _of(stage).count()

    def entries(self, stage: Stage, most: int) -> list[Entry]:
        rows = _of(stage).in_order() if stage == "waiting" else _of(stage).order_by("-created")
        return [
            Entry(
                key=str(row.pk), what=row.task, whose="", state=row.get_state_display(), since=row.created, attempts=row.attempts,
                where=row.lease_owner, trace=row.trace, trouble=_trouble(row),
            )
            for row in rows[:most]
        ]  # fmt: skip

    def cancel(self, key: str) -> bool:
        """Under way, it goes on to its end, and what comes of it counts no more."""
        rows = Job.objects.filter(pk__in=_key(key), state__in=(State.QUEUED, *HELD))
        return bool(
            rows.update(
                state=State.CANCELLED, finished=timezone.now(), lease_until=None, lease_epoch=F("lease_epoch") + 1
            )
        )

    def requeue(self, key: str) -> bool:
        rows = Job.objects.filter(pk__in=_key(key))
        again: dict[str, Any] = {"state": State.QUEUED, "attempts": 0, "finished": None, "run_after": None}
        done = rows.give_back() or rows.filter(state__in=(State.FAILED, State.CANCELLED)).update(**again)
        if done:
            wakeup.jobs.notify()
        return bool(done)

    def waiting_keys(self) -> Iterable[str]:
        return [str(key) for key in _of("waiting").values_list("pk", flat=True)]

    def clear_ended(self) -> int:
        return _of("ended").delete()[0]


def _of(stage: Stage) -> JobQuerySet:
    states = {"waiting": (State.QUEUED,), "running": HELD, "ended": ENDED}[stage]
    return Job.objects.filter(state__in=states)


def _key(text: str) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


def _trouble(row: Job) -> str:
    """The name of the last error: its text may hold people's data."""
    return str(row.errors[-1].get("exception_class_path", "")) if row.errors else ""
