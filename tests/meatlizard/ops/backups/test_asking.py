"""Operators have a backup made in the background, one at a time, and hear what came of it."""

import pytest

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.jobs.actions import claim
from meatlizard.jobs.models import Job
from meatlizard.jobs.worker import run_job
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.backups import actions, index, places, room
from tests.meatlizard.ops.backups.making import manage

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    claimed = claim("worker")
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
