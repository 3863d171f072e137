"""Workers die and freeze in mid-answer; every answer is still there once, whole, with every chunk written exactly once."""

import dataclasses
import datetime
import random
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from chat import actions, generations
from chat.models import Generation, Message, Node
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from tests.faults import audit, fault_seed
from tests.faults.answers import answer_to
from tests.faults.runner import FaultRun
from tests.faults.work import CarelessWorker, Diary, Worker, read_diary
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def people(transactional_db: None, settings: Settings) -> list[User]:
    """Many people, under short leases and without an end to attempts: what is killed here is killed often."""
    settings.LEASE_SECONDS = 1
    settings.GENERATION_MAX_ATTEMPTS = 10_000
    return [person(f"asker{number}") for number in range(60)]


@pytest.mark.slow
def test_killed_and_paused_workers_lose_and_double_nothing(tmp_path: Path, people: list[User]) -> None:
    jobs, kills, pauses = (2_000, 200, 40) if connection.vendor == "postgresql" else (500, 50, 10)
    seed = fault_seed()
    print(f"FAULT_SEED={seed}")
    report = FaultRun(tmp_path, seed, people, jobs=jobs, kills=kills, pauses=pauses).run(seconds=900)
    print(report)
    assert report.problems == []
    assert (report.kills, report.pauses) == (kills, pauses)
    assert report.reaped > 0, "no lease ever ran out: the run proved nothing"
    assert report.late > 0, "no paused worker ever wrote too late: the run proved nothing"


def test_workers_without_a_fence_are_found_out(tmp_path: Path, people: list[User]) -> None:
    seed = fault_seed()
    print(f"FAULT_SEED={seed}")
    report = FaultRun(tmp_path, seed, people, jobs=80, kills=4, pauses=8, kind="careless").run(seconds=120)
    print(report)
    # Which damage is done hangs on the moment; workers with a fence do none at all.
    assert report.problems != []


# --- the same in slow motion, so that it is seen what the runner would find ------------------------------------------------


def question(text: str = "Why?") -> tuple[UUID, str]:
    alice = person("alice")
    conversation = actions.create_conversation(alice)
    actions.rename(conversation, "Slow motion")
    asked = actions.send(alice, conversation.pk, uuid4(), text)
    return asked.generation, answer_to(text)


def node(name: str) -> UUID:
    return Node.objects.create(name=name, public_key=uuid4().bytes * 2).pk


def expire_and_reap(generation: UUID) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    Generation.objects.filter(pk=generation).update(lease_until=past)
    generations.reap()


def two_workers(first: type[Worker], folder: Path, wakes: str) -> tuple[list[audit.Entry], dict[UUID, str]]:
    """One of kind ``first`` writes twice and freezes past its lease; another takes over, writes twice and later ends; the first wakes
    ``before`` or ``after`` that end and goes on.
    """
    with audit.auditing():
        generation, expected = question()
        slow = first("slow", node("mac 1"), Diary(folder / "slow"), random.Random(1))
        quick = Worker("quick", node("mac 2"), Diary(folder / "quick"), random.Random(2))
        frozen, other = slow.steps(), quick.steps()
        for _ in range(3):
            next(frozen)
        expire_and_reap(generation)
        for _ in range(3):
            next(other)
        for steps in (frozen, other) if wakes == "before" else (other, frozen):
            list(steps)
        return audit.entries(), {generation: expected}


@pytest.mark.parametrize("wakes", ["before", "after"])
def test_a_worker_that_wakes_too_late_is_refused_and_the_answer_is_whole(tmp_path: Path, wakes: str) -> None:
    history, expected = two_workers(Worker, tmp_path, wakes)
    assert audit.problems(history, expected) == []
    assert [note.what for note in read_diary(tmp_path / "slow")][-1] == "lost"
    assert read_diary(tmp_path / "quick")[-1].what == "done"
    assert Message.objects.get(role="assistant").content == expected.popitem()[1]


@pytest.mark.parametrize(
    ("wakes", "damage"), [("before", "was next"), ("after", "while it was done"), ("after", "instead of once as done")]
)
def test_without_the_fence_the_record_shows_the_damage(tmp_path: Path, wakes: str, damage: str) -> None:
    history, expected = two_workers(CarelessWorker, tmp_path, wakes)
    found = audit.problems(history, expected)
    assert any(damage in problem for problem in found), found


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("lost", "were stored of"),
        ("doubled", "was next"),
        ("swapped", "was next"),
        ("garbled", "not the answer's"),
        ("ended twice", "instead of once as done"),
        ("never ended", "instead of once as done"),
        ("after the end", "while it was done"),
        ("old token", "do not rise"),
        ("stranger", "nobody asked"),
    ],
)
def test_each_kind_of_damage_is_found(tmp_path: Path, damage: str, complaint: str) -> None:
    history, expected = two_workers(Worker, tmp_path, "after")
    chunks = [entry for entry in history if entry.kind == "chunk"]
    ended = next(entry for entry in history if entry.kind == "ended")
    epochs = [entry for entry in history if entry.kind == "epoch"]
    doctored = {
        "lost": [entry for entry in history if entry is not chunks[-1]],
        "doubled": [*history, chunks[0]],
        "swapped": [chunks[1], chunks[0], *(entry for entry in history if entry not in chunks[:2])],
        "garbled": [dataclasses.replace(e, text="#" * len(e.text or "")) if e is chunks[0] else e for e in history],
        "ended twice": [*history, ended],
        "never ended": [entry for entry in history if entry is not ended],
        "after the end": [dataclasses.replace(e, state="done") if e is chunks[-1] else e for e in history],
        "old token": [*history, epochs[0]],
        "stranger": [*history, dataclasses.replace(ended, generation=uuid4())],
    }[damage]
    assert any(complaint in problem for problem in audit.problems(doctored, expected))


def test_three_lost_leases_end_in_failed_with_the_text_kept(tmp_path: Path) -> None:
    generation, expected = question()
    for attempt in range(3):
        steps = Worker(f"w{attempt}", node(f"mac {attempt}"), Diary(tmp_path / "w"), random.Random(attempt)).steps()
        next(steps), next(steps)
        assert Generation.objects.get(pk=generation).state == State.STREAMING
        expire_and_reap(generation)
    row = Generation.objects.get(pk=generation)
    assert (row.state, row.attempts, row.error_code) == (State.FAILED, 3, "interrupted")
    kept = Message.objects.get(role="assistant").content
    assert kept and expected.startswith(kept)
    assert next(Worker("w3", node("mac 3"), Diary(tmp_path / "w"), random.Random(3)).steps(), "nothing") == "nothing"
