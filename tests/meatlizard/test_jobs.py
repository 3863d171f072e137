"""Background jobs: none lost, none written twice, whatever happens to the worker."""

import asyncio
import datetime
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist

from meatlizard.jobs import actions, lanes, worker
from meatlizard.jobs.lease import State
from meatlizard.jobs.models import Job
from meatlizard.ops.logs import request_id
from meatlizard.threads import close_thread_connections, in_database
from tests.meatlizard import job_samples as samples
from tests.services import migrated
from tests.services.programs import Program, wait_until
from tests.services.site import ROOT, LiveSite, outer_environment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def run_next(owner: str = "w1") -> Job:
    job = actions.claim(owner)
    assert job is not None
    worker.run_job(job)
    return Job.objects.get(pk=job.pk)


@pytest.fixture(autouse=True)
def _threads_keep_their_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    # Jobs run in the test's own thread and transaction here.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)


def test_a_task_is_stored_run_and_its_result_found() -> None:
    result = samples.add.enqueue(2, b=3)
    assert not result.is_finished
    run_next()
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL
    assert result.return_value == 5
    assert result.attempts == 1
    assert samples.add.get_result(result.id).return_value == 5


def test_a_task_may_be_a_coroutine() -> None:
    samples.add_later.enqueue(2, 3)
    assert run_next().result == 5


def test_a_failing_task_is_tried_three_times() -> None:
    result = samples.fails_until.enqueue(4)
    for attempt in (1, 2, 3):
        Job.objects.update(run_after=None)
        assert run_next().attempts == attempt
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert actions.claim("w1") is None
    assert len(result.errors) == 3
    assert result.errors[0].exception_class is ValueError
    assert "not yet" in result.errors[0].traceback
    assert "canary-0b5e" not in result.errors[0].traceback


def test_one_that_succeeds_at_the_third_attempt_has_succeeded() -> None:
    samples.fails_until.enqueue(3)
    for _ in range(3):
        Job.objects.update(run_after=None)
        job = run_next()
    assert (job.state, job.result) == (State.DONE, 3)


def test_the_next_attempt_waits_a_little() -> None:
    samples.fails_until.enqueue(2)
    job = run_next()
    assert job.state == State.QUEUED
    assert job.run_after is not None
    assert job.run_after > timezone.now()
    assert actions.claim("w1") is None


def test_a_task_for_later_waits_for_its_time() -> None:
    samples.add.using(run_after=timezone.now() + datetime.timedelta(hours=1)).enqueue(1, 1)
    assert actions.claim("w1") is None
    Job.objects.update(run_after=timezone.now())
    assert run_next().result == 2


def test_priority_is_a_head_start_and_not_a_wall() -> None:
    for name, priority in (("old", 0), ("new", 0), ("urgent", 5)):
        samples.add.using(priority=priority).enqueue(name, "")
    Job.objects.filter(args=["old", ""]).update(rank=Job.objects.get(args=["old", ""]).rank - 10 * 60_000)
    assert [run_next().args[0] for _ in range(3)] == ["old", "urgent", "new"]


def test_what_was_rolled_back_was_never_enqueued() -> None:
    with transaction.atomic():
        samples.add.enqueue(1, 1)
        transaction.set_rollback(True)
    assert actions.claim("w1") is None


def test_the_request_id_travels_along() -> None:
    with request_id() as asked:
        samples.who_asked.enqueue()
    assert run_next().result == asked


def test_a_worker_that_lost_its_lease_writes_nothing() -> None:
    samples.add.enqueue(1, 1)
    slow = actions.claim("slow")
    assert slow is not None
    Job.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert actions.reap().requeued == [slow.pk]
    quick = actions.claim("quick")
    assert quick is not None
    assert not actions.succeed(slow, "of the slow one")
    assert not actions.fail(slow, {"exception_class_path": "builtins.ValueError", "traceback": ""})
    assert actions.renew("slow", [slow.pk]) == 0
    assert actions.give_back([slow.pk], "slow") == 0
    assert actions.succeed(quick, "of the quick one")
    job = Job.objects.get()
    assert (job.state, job.result, job.workers) == (State.DONE, "of the quick one", ["slow", "quick"])


def test_a_job_whose_workers_vanish_fails_in_the_end() -> None:
    result = samples.add.enqueue(1, 1)
    for attempt in (1, 2, 3):
        assert actions.claim(f"w{attempt}") is not None
        Job.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
        reaped = actions.reap()
    assert len(reaped.failed) == 1
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert "vanished" in result.errors[-1].traceback


def test_a_healthy_worker_is_left_alone() -> None:
    samples.add.enqueue(1, 1)
    job = actions.claim("w1")
    assert job is not None
    assert not actions.reap()
    assert actions.succeed(job, 2)


@pytest.mark.parametrize("path", ["tests.meatlizard.job_samples.vanished", "os.system", "no.such.module"])
def test_a_function_that_is_no_task_is_not_called(path: str) -> None:
    actions.enqueue(path, ["true"], {})
    job = run_next()
    assert job.state == State.QUEUED
    assert len(job.errors) == 1


def test_a_result_must_be_json() -> None:
    samples.gives_no_json.enqueue()
    assert run_next().errors[0]["exception_class_path"] == "builtins.TypeError"


def test_what_cannot_be_enqueued_is_refused() -> None:
    with pytest.raises(TypeError):
        samples.add.enqueue(object(), 1)
    with pytest.raises(InvalidTaskError):
        samples.add.using(priority=101).enqueue(1, 1)
    assert not Job.objects.exists()


@pytest.mark.parametrize("id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_there_is_no_such_result(id: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        samples.add.get_result(id)


def test_old_jobs_are_cleared_away() -> None:
    samples.add.enqueue(1, 1)
    run_next()
    samples.add.enqueue(2, 2)
    assert actions.clear_old() == 0
    Job.objects.update(finished=timezone.now() - datetime.timedelta(days=8))
    Job.objects.filter(args=[2, 2]).update(finished=None)
    assert actions.clear_old() == 1


# --- a worker that runs ---


@pytest.fixture
def live_worker(transactional_db: None) -> Iterator[None]:
    yield
    close_thread_connections()


async def until(condition: Any, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not await in_database(condition):
            await asyncio.sleep(0.01)


def ended() -> bool:
    return not Job.objects.exclude(state__in=[State.DONE, State.FAILED]).exists()


@pytest.mark.usefixtures("live_worker")
async def test_it_wakes_at_once_and_runs_many() -> None:
    running = asyncio.create_task(worker.Worker(slots=3).run())
    await in_database(lambda: [samples.add.enqueue(number, 1) for number in range(20)])
    await until(ended)
    running.cancel()
    await asyncio.wait([running])
    results = await in_database(lambda: sorted(job.result or 0 for job in Job.objects.all()))
    assert results == list(range(1, 21))


@pytest.mark.usefixtures("live_worker")
async def test_one_that_has_to_stop_gives_its_job_back(tmp_path: Path) -> None:
    started, release = tmp_path / "started", tmp_path / "release"
    running = asyncio.create_task(worker.Worker().run())
    await in_database(samples.note_and_hold.enqueue, str(started), str(release))
    await until(started.exists)
    running.cancel()
    await asyncio.wait([running])
    job = await in_database(Job.objects.get)
    assert (job.state, job.lease_owner) == (State.QUEUED, "")
    release.touch()
    again = asyncio.create_task(worker.Worker().run())
    await until(ended)
    again.cancel()
    await asyncio.wait([again])
    assert started.read_text() == "xx"


@pytest.mark.usefixtures("live_worker")
async def test_one_that_has_to_stop_while_the_database_is_away_stops_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> int:
        raise OperationalError("the connection is closed")

    started, release = tmp_path / "started", tmp_path / "release"
    running = asyncio.create_task(worker.Worker().run())
    await in_database(samples.note_and_hold.enqueue, str(started), str(release))
    await until(started.exists)
    monkeypatch.setattr(actions, "give_back", away)
    running.cancel()
    await asyncio.wait([running])
    release.touch()
    await until(ended)
    assert running.cancelled()


@pytest.fixture
def long_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_slots", {"long": lambda: 1, "never": lambda: 0})


@pytest.mark.usefixtures("long_lane")
def test_each_lane_gives_its_own_jobs_alone() -> None:
    for queue in ("long", "default", "long", "other"):
        actions.enqueue("tests.work", [queue], {}, queue=queue, backend="default")
    assert [lanes.lane_of(queue) for queue in ("long", "default", "other")] == ["long", "default", "default"]

    def claimed(lane: str) -> list[str]:
        # Within one millisecond none goes before the other.
        return sorted(job.queue for job in iter(lambda: actions.claim("w", lane), None))

    assert claimed("default") == ["default", "other"]
    assert claimed("long") == ["long", "long"]


@pytest.mark.usefixtures("live_worker", "long_lane")
async def test_long_work_keeps_no_other_job_waiting(tmp_path: Path) -> None:
    """One slot for all, which long jobs do not take: a short one that comes after them is done while the first of them lasts."""
    started, release = tmp_path / "started", tmp_path / "release"

    def of_the_short() -> bool:
        return Job.objects.get(queue="default").state == State.DONE

    for queue in ("long", "long", "never"):
        await in_database(samples.note_and_hold.using(queue_name=queue).enqueue, str(started), str(release))
    running = asyncio.create_task(worker.Worker().run())
    await until(started.exists)
    await in_database(samples.add.enqueue, 1, 1)
    await until(of_the_short)
    assert started.read_text() == "x"
    release.touch()
    await until(lambda: Job.objects.filter(queue="long", state=State.DONE).count() == 2)
    running.cancel()
    await asyncio.wait([running])
    assert await in_database(lambda: Job.objects.get(queue="never").state) == State.QUEUED


# --- worker processes ---


@pytest.fixture
def site() -> Iterator[LiveSite]:
    live = LiveSite(LEASE_SECONDS="3", NODE_HEARTBEAT_SECONDS="1", JOBS_IN_SITE="false")
    migrated.copy_to(live.database)
    yield live
    live.end()


ASK = """
from tests.meatlizard.job_samples import note_and_hold
print(note_and_hold.enqueue({started!r}, {release!r}).id)
"""
TOLD = """
from meatlizard.jobs.models import Job
job = Job.objects.get(task__contains="job_samples")
print(job.state, job.attempts, job.result)
"""


def start_worker(site: LiveSite, name: str) -> Program:
    argv = [sys.executable, "manage.py", "worker"]
    return Program(name, argv, site.home / f"{name}.log", env=outer_environment() | site.settings, cwd=ROOT)


@pytest.mark.slow
def test_kill_9_in_the_middle_costs_an_attempt_and_no_job(site: LiveSite, tmp_path: Path) -> None:
    started, release = tmp_path / "started", tmp_path / "release"
    site.manage("shell", "-c", ASK.format(started=str(started), release=str(release)))
    first = start_worker(site, "first")
    wait_until(started.exists, "the job has begun", 30, alive=first)
    first.kill()
    assert "leased 1" in site.manage("shell", "-c", TOLD)
    second = start_worker(site, "second")
    wait_until(lambda: started.read_text() == "xx", "another worker has begun it again", 30, alive=second)
    release.touch()
    wait_until(lambda: "done 2 held" in site.manage("shell", "-c", TOLD), "the job is done", 30, alive=second)
    assert second.stop(signal.SIGTERM, 10) == 0
    assert "Traceback" not in second.tail()


@pytest.mark.slow
def test_the_serving_process_runs_jobs_too(site: LiveSite, tmp_path: Path) -> None:
    started, release = tmp_path / "started", tmp_path / "release"
    release.touch()
    site.settings["JOBS_IN_SITE"] = "true"
    site.start()
    site.manage("shell", "-c", ASK.format(started=str(started), release=str(release)))
    wait_until(lambda: "done 1 held" in site.manage("shell", "-c", TOLD), "the job is done", 30, alive=site.program)
    assert site.terminate() == 0
