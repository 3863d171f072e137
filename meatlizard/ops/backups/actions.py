"""Backups on an operator's word, made by a background job."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import HELD, State
from meatlizard.jobs.models import Job, JobQuerySet
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.ops.backups.jobs import make_backup
from meatlizard.ops.models import Switches


@dataclass(frozen=True, slots=True)
class Outcome:
    """``error``: why there is no backup, in words."""

    name: str = ""
    size: int = 0
    seconds: float = 0
    vanished: int = 0
    error: str = ""


def begin(by: User) -> UUID:
    """Has a backup made. Returns its job. Raises Forbidden, and Invalid while another one waits or runs."""
    operate_only(by)
    with transaction.atomic():
        # The one row that is always there: of two operators at once the second waits here, and finds the job of the first.
        Switches.objects.get_or_create(pk=1)
        Switches.objects.select_for_update().get(pk=1)
        if _unended().exists():
            raise Invalid(_("A backup is being made already. Wait until it has ended."), code="backup_runs")
        job = make_backup.enqueue()
        audit.record(by, "backup", "site")
    return UUID(job.id)


def outcome(job: UUID) -> Outcome | None:
    """None while it waits or runs."""
    row = Job.objects.filter(pk=job).first()
    if row is not None and row.state in (State.QUEUED, *HELD):
        return None
    if row is None or row.result is None:
        return Outcome(error=_("It was broken off. The site's log says more."))
    return Outcome(**row.result)


def forget_unended() -> None:
    """In a site that was brought back: the job that made its backup stands there as if it still ran."""
    _unended().update(state=State.CANCELLED, finished=timezone.now(), lease_until=None)


def _unended() -> JobQuerySet:
    return Job.objects.filter(task=make_backup.module_path, state__in=(State.QUEUED, *HELD))
