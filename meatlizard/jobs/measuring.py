"""What is measured of background jobs."""

from collections.abc import Iterable

from django.db.models import Min
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from meatlizard.jobs.models import Job
from meatlizard.metrics.readings import Found, reading
from meatlizard.metrics.registry import SECONDS, counter, histogram

seconds = histogram("job_seconds", "Seconds of one attempt at a job.", ("task",), (*SECONDS, 1_800.0))
ended = counter(
    "jobs_total", "Attempts at jobs that ended: done, failed, or lost to another worker.", ("task", "outcome")
)


def register() -> None:
    reading(
        "jobs", _jobs,
        ("jobs_waiting", "Jobs whose time has come and that no worker has taken.", ()),
        ("jobs_running", "Jobs that workers have taken.", ()),
        ("jobs_oldest_wait_seconds", "For how long the first of those that wait has waited.", ()),
    )  # fmt: skip


def _jobs() -> Iterable[Found]:
    due = Job.objects.due()
    yield Found("jobs_waiting", due.count())
    yield Found("jobs_running", Job.objects.held().count())
    # Of one that may not be run before a moment, the wait begins then.
    began = Greatest("created", Coalesce("run_after", "created"))
    since = due.order_by().aggregate(first=Min(began))["first"]
    yield Found("jobs_oldest_wait_seconds", max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0)
