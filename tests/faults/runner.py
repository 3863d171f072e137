"""One run: people ask, workers answer, trouble strikes, leases are reaped, and at the end everything is counted."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from chat import actions, generations
from chat.models import Chunk, Conversation, Generation, Message, Node
from meatlizard.accounts.models import User
from meatlizard.errors import LimitReached
from meatlizard.jobs.lease import State
from tests.faults import audit
from tests.faults.answers import answer_to
from tests.faults.nursery import Nursery, Trouble
from tests.faults.work import Note, read_diary

TICK_SECONDS = 0.1
WORKERS = 8


@dataclass
class Report:
    """What a run did. ``late``: writes that a worker tried under a lost lease and that were refused."""

    seed: int
    jobs: int = 0
    kills: int = 0
    pauses: int = 0
    late: int = 0
    reaped: int = 0
    resumed: int = 0
    repeated: int = 0
    refused: int = 0
    looks: int = 0
    chunks: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.jobs} answers in {self.chunks} chunks, {self.kills} kills, {self.pauses} pauses, "
            f"{self.reaped} leases reaped, {self.resumed} resumed, {self.repeated} asked twice, {self.refused} refused for a full "
            f"queue, {self.late} late writes refused, {self.looks} looks, {self.seconds:.1f} s"
        )


class FaultRun:
    """``jobs`` questions of ``people``; ``kills`` and ``pauses`` of worker processes of one ``kind``. Call ``run`` once."""

    def __init__(
        self, folder: Path, seed: int, people: list[User], *, jobs: int, kills: int, pauses: int, kind: str = "careful"
    ) -> None:
        self.folder, self.people, self.jobs, self.kills, self.pauses, self.kind = (
            folder,
            people,
            jobs,
            kills,
            pauses,
            kind,
        )
        self.draw = random.Random(seed)
        self.report = Report(seed, jobs=jobs)
        self.expected: dict[UUID, str] = {}
        self._asking: tuple[User, Conversation, UUID, str] | None = None

    def run(self, seconds: float) -> Report:
        """Raises AssertionError when not everything has ended after ``seconds``."""
        began = time.monotonic()
        with audit.auditing(), Nursery(self.folder, self.draw, self.kind) as nursery:
            trouble = Trouble(nursery, self.draw.randrange(2**31), self.jobs, self.kills, self.pauses)
            for number in range(WORKERS):
                node = Node.objects.create(name=f"mac {number}", public_key=uuid4().bytes * 2)
                nursery.hire(node.pk)
            trouble.start()
            try:
                self._until_all_ended(nursery, trouble, began + seconds)
            finally:
                trouble.over.set()
                trouble.join()
            notes = [note for hand in nursery.hands for note in read_diary(hand.diary)]
            self._judge(notes, audit.entries())
        self.report.kills, self.report.pauses = trouble.counts["kill"], trouble.counts["pause"]
        self.report.seconds = time.monotonic() - began
        return self.report

    def _until_all_ended(self, nursery: Nursery, trouble: Trouble, deadline: float) -> None:
        next_tick = 0.0
        while trouble.done < self.jobs:
            if not trouble.failed.empty():
                raise trouble.failed.get()
            assert time.monotonic() < deadline, f"seed {self.report.seed}: {trouble.done} of {self.jobs} ended in time"
            try:
                # The last fifth comes slowly for as long as trouble is still to strike, which needs somebody at work, or somebody
                # sleeps, who is to write too late while others still work.
                slowly = (trouble.plan or nursery.asleep()) and len(self.expected) > 0.8 * self.jobs
                due = time.monotonic() > next_tick
                asked = len(self.expected) < self.jobs and (due or not slowly) and self._ask()
                if due:
                    assert not (died := nursery.died_unasked()), died[0]
                    next_tick = time.monotonic() + TICK_SECONDS
                    trouble.done = self._tick()
                elif not asked:
                    time.sleep(0.01)
            except OperationalError:
                # SQLite's write lock is with a paused worker. Nothing was stored; the same step is taken again.
                continue

    def _ask(self) -> bool:
        """Asks one question, every tenth one twice under one request id. False when the queue takes no more for now."""
        if self._asking is None:
            user = self.draw.choice(self.people)
            conversation = Conversation.objects.create(
                owner=user, updated=timezone.now(), title="Faults", title_by_owner=True
            )
            self._asking = user, conversation, uuid4(), f"Question {len(self.expected)} of run {self.report.seed}?"
        user, conversation, request, question = self._asking
        try:
            asked = actions.send(user, conversation.pk, request, question)
            if self.draw.random() < 0.1:
                again = actions.send(user, conversation.pk, request, question)
                self.report.repeated += 1
                if not again.repeated or again.generation != asked.generation:
                    self.report.problems.append(f"{request}: asking twice made two generations")
        except LimitReached:
            self.report.refused += 1
            time.sleep(0.02)
            return False
        self.expected[asked.generation] = answer_to(question)
        self._asking = None
        return True

    def _tick(self) -> int:
        """Reaps, and looks at what is under way: the log of each answer must be gapless at every moment. How many are done."""
        self.report.reaped += len(generations.reap().requeued)
        self.report.looks += 1
        ends: dict[UUID, int] = {}
        for generation, at, text in Chunk.objects.order_by("generation", "offset").values_list(
            "generation", "offset", "text"
        ):
            if ends.get(generation, 0) != at:
                self.report.problems.append(
                    f"{generation}: a chunk at {at} after {ends.get(generation, 0)} code points, in mid-run"
                )
            ends[generation] = at + len(text)
        return Generation.objects.exclude(state__in=[State.QUEUED, State.LEASED, State.STREAMING]).count()

    def _judge(self, notes: list[Note], history: list[audit.Entry]) -> None:
        report = self.report
        report.problems += audit.problems(history, self.expected)
        report.problems += unequal_messages(self.expected)
        report.problems += unkept_promises(notes, history)
        report.late = sum(note.what in ("lost", "late") for note in notes)
        report.resumed = sum(
            note.what == "began" and note.epoch - 1 in _epochs(notes, note.generation) for note in notes
        )
        report.chunks = sum(entry.kind == "chunk" for entry in history)
        if Chunk.objects.exists():
            report.problems.append("chunks are left although every answer has ended")


def _epochs(notes: list[Note], generation: UUID) -> set[int]:
    return {note.epoch for note in notes if note.generation == generation and note.what == "began"}


def unequal_messages(expected: dict[UUID, str]) -> list[str]:
    """Answers whose message is not, to the last character, what it should be; and generations or messages too many."""
    stored = dict(Generation.objects.filter(state=State.DONE).values_list("pk", "message__content"))
    found = [f"{pk}: the message differs" for pk, text in expected.items() if stored.get(pk) != text]
    if Generation.objects.count() != len(expected) or Message.objects.count() != 2 * len(expected):
        found.append(
            f"{Generation.objects.count()} generations and {Message.objects.count()} messages for {len(expected)} questions"
        )
    assert settings.GENERATION_MAX_ATTEMPTS > 3, "kills must not use up the attempts of this run"
    return found


def unkept_promises(notes: list[Note], history: list[audit.Entry]) -> list[str]:
    """What a worker was told is stored must be in the record under its own token; wrong prefixes count as well."""
    record = {(e.generation, e.epoch, e.at, len(e.text or "")) for e in history if e.kind == "chunk"}
    found = [
        f"{note.generation}: a worker got a prefix that is not the answer's" for note in notes if note.what == "broken"
    ]
    for note in notes:
        if note.what == "stored" and (note.generation, note.epoch, note.at, note.length) not in record:
            found.append(f"{note.generation}: stored at {note.at} under token {note.epoch}, but not in the record")
    ends = {e.generation: e.epoch for e in history if e.kind == "ended"}
    for note in notes:
        if note.what == "done" and ends.get(note.generation) != note.epoch:
            found.append(
                f"{note.generation}: ended under token {note.epoch}, but the record says {ends.get(note.generation)}"
            )
    return found
