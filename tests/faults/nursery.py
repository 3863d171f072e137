"""Worker processes as the runner sees them: made, killed, paused, replaced."""

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from tests.faults.work import Note, read_diary
from tests.services.keeper import keeper
from tests.services.site import GUARDED, ROOT


def database_url() -> str:
    """The URL of the database that this test has."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def worker_environment(**more: str) -> dict[str, str]:
    """The settings of this test process, for another process on the same database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "LEASE_SECONDS": str(settings.LEASE_SECONDS),
        "GENERATION_MAX_ATTEMPTS": str(settings.GENERATION_MAX_ATTEMPTS),
        "PYTHONPATH": os.pathsep.join([str(GUARDED), str(ROOT), os.environ.get("PYTHONPATH", "")]),
        **more,
    }


@dataclass
class Hand:
    """One worker process; ``diary`` is the file it writes, ``node`` the node it works for."""

    name: str
    pid: int
    node: UUID
    diary: Path
    killed: bool = False
    wake_at: float = 0.0

    def last(self) -> Note | None:
        notes = read_diary(self.diary)
        return notes[-1] if notes else None

    def busy(self) -> bool:
        """Whether it has begun an answer and not ended it, by its own account."""
        last = self.last()
        return last is not None and last.what in ("began", "stored")


@dataclass
class Nursery:
    """The process that forks workers, all of one ``kind`` (see ``work.KINDS``). Use as a context manager: at its end all of them are killed."""

    folder: Path
    draw: random.Random
    kind: str = "careful"
    hands: list[Hand] = field(default_factory=list)

    def __enter__(self) -> "Nursery":
        self._log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, bufsize=1,
            cwd=ROOT, env=worker_environment(), start_new_session=True,
        )  # fmt: skip
        keeper().watch(self._process.pid, signal.SIGKILL)
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        keeper().forget(self._process.pid)
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def hire(self, node: UUID, memory_of: Hand | None = None) -> Hand:
        """A new worker for ``node``; with ``memory_of`` it knows what that one had begun, as a node does whose site process died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        name = f"w{len(self.hands)}"
        predecessor = memory_of.diary.name if memory_of else ""
        self._process.stdin.write(f"{self.kind} {name} {node} {self.draw.random()} {predecessor}\n")
        answer = self._process.stdout.readline()
        assert answer, f"the nursery died:\n{self.printed()}"
        hand = Hand(name, int(answer), node, self.folder / name)
        self.hands.append(hand)
        return hand

    def living(self) -> list[Hand]:
        return [hand for hand in self.hands if not hand.killed]

    def asleep(self) -> bool:
        return any(hand.wake_at for hand in self.living())

    def printed(self) -> str:
        return (self.folder / "log").read_text()[-4_000:]

    def died_unasked(self) -> list[str]:
        return [f"{hand.name} died by itself:\n{self.printed()}" for hand in self.living() if not _exists(hand.pid)]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Trouble(threading.Thread):
    """Kills and pauses workers at moments of chance, spread over the run by ``done()``. Touches no database: a paused worker may hold a lock
    that every writer waits for, and this thread must still be there to wake it.
    """

    def __init__(self, nursery: Nursery, seed: int, jobs: int, kills: int, pauses: int) -> None:
        super().__init__(name="trouble", daemon=True)
        self.nursery, self.draw = nursery, random.Random(seed)
        self.done = 0
        self.over = threading.Event()
        self.failed: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        plan = [
            (self.draw.uniform(0, 0.8) * jobs, kind)
            for kind, n in (("kill", kills), ("pause", pauses))
            for _ in range(n)
        ]
        self.plan = sorted(plan)
        self.counts = {"kill": 0, "pause": 0}

    def run(self) -> None:
        try:
            while not self.over.wait(self.draw.uniform(0.001, 0.02)):
                self._wake()
                if self.plan and self.done >= self.plan[0][0]:
                    self._strike(self.plan[0][1])
        except BaseException as error:
            self.failed.put(error)

    def _wake(self) -> None:
        now = time.monotonic()
        for hand in self.nursery.living():
            if hand.wake_at and hand.wake_at < now:
                hand.wake_at = 0.0
                os.kill(hand.pid, signal.SIGCONT)

    def _strike(self, kind: str) -> None:
        awake = [hand for hand in self.nursery.living() if not hand.wake_at]
        busy = [hand for hand in awake if hand.busy()]
        if not busy or (kind == "pause" and len(awake) < 3):
            return
        self.plan.pop(0)
        self.counts[kind] += 1
        victim = self.draw.choice(busy)
        if kind == "pause":
            os.kill(victim.pid, signal.SIGSTOP)
            victim.wake_at = time.monotonic() + settings.LEASE_SECONDS * self.draw.uniform(1.3, 2.0)
            return
        victim.killed = True
        os.kill(victim.pid, signal.SIGKILL)
        self.nursery.hire(victim.node, memory_of=victim if self.draw.random() < 0.5 else None)
