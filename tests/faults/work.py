"""A worker that answers as a node's session does, in small steps, so that it can be killed or paused between any two of them."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction

from chat import generations
from chat.generations import Outcome, Piece
from tests.chat.makers import claim_one
from tests.faults.answers import answer_to, pieces

MODEL = "tiny"
THINKING_SECONDS = 0.01


@dataclass
class Diary:
    """What a worker says about itself, a line at a time, in a file that outlives it. Lines: see :func:`read_diary`."""

    path: Path
    _descriptor: int = field(init=False)

    def __post_init__(self) -> None:
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, what: str, generation: UUID, epoch: int, at: int = 0, length: int = 0, more: str = "") -> None:
        os.write(self._descriptor, f"{what}\t{generation}\t{epoch}\t{at}\t{length}\t{more}\n".encode())


@dataclass(frozen=True, slots=True)
class Note:
    """``what``: began, stored, lost (the append was refused), done, late (the end was refused), broken (a wrong prefix)."""

    what: str
    generation: UUID
    epoch: int
    at: int
    length: int
    more: str


def read_diary(path: Path) -> list[Note]:
    """The complete lines of a diary, oldest first. A worker killed while it wrote leaves half a line."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    fields = [line.split("\t") for line in lines]
    return [Note(f[0], UUID(f[1]), int(f[2]), int(f[3]), int(f[4]), f[5]) for f in fields]


class Worker:
    """Keeps the rules: renews its lease, and stops at once when told that the generation is no longer its own."""

    def __init__(self, name: str, node: UUID, diary: Diary, draw: random.Random) -> None:
        self.name, self.node, self.diary, self.draw = name, node, diary, draw

    def steps(self, memory: Note | None = None) -> Iterator[None]:
        """One generation from claim (or resumption of ``memory``) to end, a transaction a step. Without work: no step."""
        if memory is not None:
            taken = generations.resume(self.name, self.node, memory.generation, memory.epoch)
            if taken is not None:
                yield from self._write(taken.generation, taken.epoch, memory.more, taken.text)
            return
        claimed = claim_one(self.name, self.node, [MODEL])
        if claimed is not None:
            yield from self._write(claimed.generation, claimed.epoch, claimed.messages[-1].content, claimed.prefix)

    def _write(self, generation: UUID, epoch: int, question: str, text: str) -> Iterator[None]:
        self.diary.note("began", generation, epoch, 0, len(text), question)
        answer = answer_to(question)
        if not answer.startswith(text):
            self.diary.note("broken", generation, epoch, 0, len(text))
            return
        renewed = time.monotonic()
        yield
        for part in pieces(answer[len(text) :], self.draw):
            if time.monotonic() - renewed > settings.LEASE_SECONDS / 3:
                generations.renew(self.name, [generation])
                renewed = time.monotonic()
            kept = self.append(Piece(generation, epoch, len(text), part))
            self.diary.note("stored" if kept else "lost", generation, epoch, len(text), len(part))
            if not kept:
                return
            text += part
            yield
        won = self.finish(generation, epoch, text)
        self.diary.note("done" if won else "late", generation, epoch, len(text))

    def append(self, piece: Piece) -> bool:
        return not generations.append([piece])

    def finish(self, generation: UUID, epoch: int, text: str) -> bool:
        return generations.finish(generation, epoch, text, Outcome("stop", answered_by=MODEL))


class CarelessWorker(Worker):
    """Writes whether or not the generation is still its own: what the fence is there against. The audit must notice it."""

    def append(self, piece: Piece) -> bool:
        from chat.models import Chunk

        try:
            with transaction.atomic():
                Chunk.objects.create(generation_id=piece.generation, offset=piece.offset, text=piece.text)
        except IntegrityError:
            pass
        return True

    def finish(self, generation: UUID, epoch: int, text: str) -> bool:
        from chat.models import Generation

        if not super().finish(generation, epoch, text):
            Generation.objects.filter(pk=generation).update(state="done", lease_owner="", lease_until=None)
        return True


KINDS: dict[str, type[Worker]] = {"careful": Worker, "careless": CarelessWorker}


def work(worker: Worker, memory: Note | None, idle_seconds: float = 0.02) -> None:
    """Works until the process is killed."""
    while True:
        took = 0
        try:
            for _ in worker.steps(memory):
                took += 1
                # A model thinks between its words: most of a worker's time is spent outside a transaction.
                time.sleep(worker.draw.uniform(0, 2 * THINKING_SECONDS))
        except OperationalError:
            # A paused process held SQLite's only write lock for longer than anybody waits. As on a real site: try again.
            pass
        memory = None
        if not took:
            time.sleep(idle_seconds)
