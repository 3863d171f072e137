"""Operators have a backup made in the background, one at a time, and hear what came of it."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.db.models import F

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.jobs.actions import claim
from meatlizard.jobs.models import Job
from meatlizard.jobs.worker import run_job
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.backups import actions, finding, index, keeping, layout, places, room
from meatlizard.ops.backups.jobs import QUEUE
from tests.meatlizard.ops.backups.making import kept, manage, taken

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    claimed = claim("worker", QUEUE)
    assert claimed is not None
    run_job(claimed)


@pytest.mark.both_databases
def test_operators_have_one_made_in_the_background(alice: User, olga: User) -> None:
    with pytest.raises(Forbidden):
        actions.begin(alice)
    job = actions.begin(olga)
    with pytest.raises(Invalid, match="already"):
        actions.begin(olga)
    assert actions.outcome(job) is None
    assert list(AuditEntry.objects.values_list("actor", "action")) == [(olga.pk, "backup")]
    work()
    outcome = actions.outcome(job)
    assert outcome is not None and not outcome.error
    assert index.head_of(places.usual(), outcome.name).size == outcome.size
    manage("restore", outcome.name, "--replace", "--yes")
    assert Job.objects.get().state == "cancelled", "the job that made the backup would run once more"
    with room.alone():
        job = actions.begin(olga)
        work()
    outcome = actions.outcome(job)
    assert outcome is not None and "already" in outcome.error


def aged(hours: float) -> None:
    """As if the last job, and what it made, were so much older."""
    by = datetime.timedelta(hours=hours)
    for job in Job.objects.all():
        Job.objects.filter(pk=job.pk).update(created=job.created - by)
    for path in list((kept() / "sets").iterdir()):
        # A set under another name than its own is none; only its age is asked here.
        path.rename(path.with_name(f"{layout.when(path.name) - by:%Y%m%d-%H%M%S-%f}"))


@pytest.mark.both_databases
def test_the_clock_begins_one_when_the_last_is_old_enough(settings: Any) -> None:
    assert not actions.begin_when_due()
    settings.BACKUP_EVERY_HOURS = 24
    assert actions.begin_when_due() and not actions.begin_when_due()
    work()
    assert not actions.begin_when_due()
    aged(23.9)
    assert not actions.begin_when_due()
    aged(0.2)
    assert actions.begin_when_due()
    assert Job.objects.count() == 2


def test_one_that_was_made_by_hand_counts(settings: Any) -> None:
    settings.BACKUP_EVERY_HOURS = 24
    taken()
    assert not actions.begin_when_due()
    aged(25)
    assert actions.begin_when_due()


def test_after_a_failure_it_is_tried_within_the_hour(settings: Any) -> None:
    settings.BACKUP_EVERY_HOURS = 24
    settings.BACKUP_RECIPIENTS = ["nonsense"]
    assert actions.begin_when_due()
    work()
    assert not actions.begin_when_due()
    Job.objects.update(created=F("created") - datetime.timedelta(hours=1.1))
    assert actions.begin_when_due()


@pytest.mark.both_databases
def test_of_many_processes_one_begins_it(settings: Any) -> None:
    settings.BACKUP_EVERY_HOURS = 24

    def begin() -> bool:
        try:
            return actions.begin_when_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: begin(), range(4))) == [False, False, False, True]
    assert Job.objects.count() == 1


def test_the_job_reads_all_files_once_a_while_and_prunes(
    olga: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BACKUP_KEEP_DAILY, settings.BACKUP_KEEP_WEEKLY, settings.BACKUP_KEEP_MONTHLY = 1, 0, 0
    whole = []
    monkeypatch.setattr(keeping, "GRACE", datetime.timedelta())
    for _ in range(2):
        actions.begin(olga)
        work()
        newest = finding.newest(places.usual())
        found = keeping.verified(places.usual(), newest)
        assert found is not None and found.deep
        whole.append(found.whole)
    assert whole == [True, False]
    assert finding.ended(places.usual()) == [newest]
