"""Background jobs: one row each, under the same leases as generations."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meatlizard.jobs import lanes
from meatlizard.jobs.lease import HELD, Leased, LeasedQuerySet, State

PRIORITY_MS = 60_000
"""What one point of priority is worth, as a head start: a job of priority 10 passes those enqueued less than ten minutes before it."""


class JobQuerySet(LeasedQuerySet["Job"]):
    def due(self) -> "JobQuerySet":
        """Waiting rows whose time has come."""
        return self.filter(Q(run_after=None) | Q(run_after__lte=timezone.now()), state=State.QUEUED)

    def of_lane(self, lane: str) -> "JobQuerySet":
        """Of the queues whose jobs take these slots."""
        return self.exclude(queue__in=lanes.lanes()) if lane == lanes.DEFAULT else self.filter(queue=lane)


class Job(Leased):
    """One call of a task: the function's path and its arguments (JSON), and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=200, help_text=_("path of the function"))
    queue = models.CharField(max_length=40, default="default")
    backend = models.CharField(max_length=40, default="default")
    priority = models.SmallIntegerField(default=0)
    args = models.JSONField(default=list, blank=True)
    kwargs = models.JSONField(default=dict, blank=True)
    trace = models.CharField(max_length=64, blank=True, help_text=_("id of the request that asked for it"))
    run_after = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField()
    started = models.DateTimeField(null=True, blank=True, help_text=_("last attempt"))
    finished = models.DateTimeField(null=True, blank=True)
    workers = models.JSONField(default=list, blank=True, help_text=_("who has tried, one entry an attempt"))
    errors = models.JSONField(default=list, blank=True)
    result = models.JSONField(null=True, blank=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["rank"], name="job_waiting", condition=Q(state=State.QUEUED)),
            models.Index(fields=["lease_until"], name="job_lease", condition=Q(state__in=[s.value for s in HELD])),
        ]

    def __str__(self) -> str:
        return f"{self.task} ({self.state})"
