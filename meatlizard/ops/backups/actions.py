"""Backups on an operator's word or by the clock, made by a background job."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import HELD, State
from meatlizard.jobs.models import Job, JobQuerySet
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.ops.backups import finding, layout, places
from meatlizard.ops.backups.jobs import make_backup, verify_backup
from meatlizard.ops.models import Switches

AGAIN = datetime.timedelta(hours=1)
"""After one that failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``error``: what went wrong, in words; with a ``name`` there is a backup all the same. ``fresh``: bytes that were stored for it alone."""

    name: str = ""
    size: int = 0
    seconds: float = 0
    vanished: int = 0
    fresh: int = 0
    files: int = 0
    verified: bool = False
    deep: bool = False
    error: str = ""


def begin(by: User) -> UUID:
    """Has a backup made. Returns its job. Raises Forbidden, and Invalid while another one waits or runs."""
    operate_only(by)
    with transaction.atomic():
        job = _asked(make_backup)
        audit.record(by, "backup", "site")
    return job


def begin_verifying(by: User, name: str) -> UUID:
    """Has every byte of a backup read. Raises Forbidden, NotFound, and Invalid while another one waits or runs."""
    operate_only(by)
    if not layout.SET_ID.fullmatch(name) or name not in finding.ended(places.usual()):
        raise NotFound
    with transaction.atomic():
        job = _asked(verify_backup, name)
        audit.record(by, "backup verified", name)
    return job


def begin_when_due() -> bool:
    """By the clock. Whether one was asked for; of many processes at once one does."""
    hours = settings.BACKUP_EVERY_HOURS
    if not hours or not _due(datetime.timedelta(hours=hours)):
        return False
    try:
        with transaction.atomic():
            if not _due(datetime.timedelta(hours=hours)):
                return False
            _asked(make_backup)
    except Invalid:
        return False
    return True


def outcome(job: UUID) -> Outcome | None:
    """None while it waits or runs."""
    row = Job.objects.filter(pk=job).first()
    if row is not None and row.state in (State.QUEUED, *HELD):
        return None
    if row is None or row.result is None:
        return Outcome(error=_("It was broken off. The site's log says more."))
    return Outcome(**row.result)


def last() -> Outcome | None:
    """What came of the one that ended last; None when there was none of late."""
    row = _ours().exclude(finished=None).order_by("-finished").first()
    return outcome(row.pk) if row is not None else None


def under_way() -> bool:
    return _unended().exists()


def forget_unended() -> None:
    """In a site that was brought back: the job that made its backup stands there as if it still ran."""
    _unended().update(state=State.CANCELLED, finished=timezone.now(), lease_until=None)


def _asked(task: Any, *arguments: Any) -> UUID:
    """Within the caller's transaction."""
    # The one row that is always there: of two operators at once the second waits here, and finds the job of the first.
    Switches.objects.get_or_create(pk=1)
    Switches.objects.select_for_update().get(pk=1)
    if _unended().exists():
        raise Invalid(_("A backup is being made or verified already. Wait until it has ended."), code="backup_runs")
    return UUID(task.enqueue(*arguments).id)


def _due(every: datetime.timedelta) -> bool:
    """By the jobs that are remembered, which costs one query; by the place only when those say nothing."""
    now = timezone.now()
    row = Job.objects.filter(task=make_backup.module_path).order_by("-created").first()
    if row is not None:
        good = row.state not in (State.FAILED, State.CANCELLED) and (row.result is None or row.result.get("name"))
        if now - row.created < (every if good else min(every, AGAIN)):
            return False
    ended = finding.ended(places.usual())
    return not ended or now - layout.when(ended[0]) >= every


def _ours() -> JobQuerySet:
    return Job.objects.filter(task__in=(make_backup.module_path, verify_backup.module_path))


def _unended() -> JobQuerySet:
    return _ours().filter(state__in=(State.QUEUED, *HELD))
