"""Texts to vectors: many short texts in one batch, the jobs' texts in turns, so that a question does not wait for a library.

A text longer than the model's window is cut at its end, as sentence-transformers does.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from inference_client.engines.base import Done, EmbedJob, EngineError, Error, Event, Job, Vectors
from inference_client.engines.llama_cpp.spec import Tally
from inference_client.protocol.vocabulary import Usage

NO_USAGE: Final = Usage(prompt_tokens=0, completion_tokens=0)


class EmbeddingRuntime(Protocol):
    """The model: everything native stands behind this. ``batch`` tokens and ``sequences`` texts go into one step."""

    slots: int
    batch: int
    sequences: int

    def tokens(self, text: str) -> list[int]:
        """At most ``batch``, and never none."""
        ...

    def embed(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        """One vector of length 1 a text, as little-endian 32-bit floats. Raises EngineError."""
        ...


@dataclass(slots=True)
class _Work:
    """A job begun. ``todo``: numbers of its texts not yet in a batch; ``ahead``: tokens of the first of them, once known."""

    job: EmbedJob
    started: float
    todo: deque[int]
    vectors: dict[int, bytes] = field(default_factory=dict)
    ahead: list[int] = field(default_factory=list)
    read: int = 0


class Embedder:
    """Works like the scheduler of chats: ``step`` does one batch and returns what happened in it."""

    def __init__(self, runtime: EmbeddingRuntime, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self._waiting: deque[EmbedJob] = deque()
        self._working: deque[_Work] = deque()
        self._events: list[Event] = []
        self._read = 0

    def tally(self) -> Tally:
        """Tokens since this was asked last."""
        read, self._read = self._read, 0
        return Tally(read=read)

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._working or self._events)

    def submit(self, job: EmbedJob | Job) -> None:
        """Takes its turn behind those that wait."""
        if isinstance(job, EmbedJob):
            self._waiting.append(job)
        else:
            detail = f"{job.model} turns texts into vectors; it does not answer"
            self._events.append(Error(job.run, "wrong_kind", detail))

    def cancel(self, run: int) -> None:
        """Forgets the run now; the next step reports it."""
        for job in list(self._waiting):
            if job.run == run:
                self._waiting.remove(job)
                self._events.append(Done(run, "cancelled", NO_USAGE))
        for work in list(self._working):
            if work.job.run == run:
                self._working.remove(work)
                self._events.append(Done(run, "cancelled", self._usage(work)))

    def step(self) -> list[Event]:
        """One batch. The events are of this step and of cancellations before it."""
        while self._waiting and len(self._working) < self._runtime.slots:
            job = self._waiting.popleft()
            self._working.append(_Work(job, self._clock(), deque(range(len(job.texts)))))
        chosen = self._choose()
        if chosen:
            self._embed(chosen)
        for work in [work for work in self._working if len(work.vectors) == len(work.job.texts)]:
            self._working.remove(work)
            vectors = tuple(work.vectors[number] for number in range(len(work.job.texts)))
            self._events += [Vectors(work.job.run, vectors), Done(work.job.run, "stop", self._usage(work))]
        events, self._events = self._events, []
        return events

    def _choose(self) -> list[tuple[_Work, int, list[int]]]:
        """Texts for one batch, one of each job in turn. The next batch begins with another job."""
        chosen: list[tuple[_Work, int, list[int]]] = []
        room = self._runtime.batch
        ready = deque(work for work in self._working if work.todo)
        while ready and len(chosen) < self._runtime.sequences:
            work = ready.popleft()
            tokens = work.ahead or self._runtime.tokens(work.job.texts[work.todo[0]])
            if len(tokens) > room:
                work.ahead = tokens
                ready.appendleft(work)
                break
            chosen.append((work, work.todo.popleft(), tokens))
            work.ahead = []
            room -= len(tokens)
            if work.todo:
                ready.append(work)
        # Who is next begins the next batch: smaller texts must not overtake a long one for ever.
        while ready and self._working[0] is not ready[0]:
            self._working.rotate(-1)
        return chosen

    def _embed(self, chosen: list[tuple[_Work, int, list[int]]]) -> None:
        try:
            vectors = self._runtime.embed([tokens for _, _, tokens in chosen])
        except EngineError as problem:
            for work in {id(work): work for work, _, _ in chosen}.values():
                self._working.remove(work)
                self._events.append(Error(work.job.run, problem.code, problem.detail, retry=True))
            return
        for (work, number, tokens), vector in zip(chosen, vectors, strict=True):
            work.vectors[number] = vector
            work.read += len(tokens)
            self._read += len(tokens)

    def _usage(self, work: _Work) -> Usage:
        seconds = max(0.0, self._clock() - work.started)
        return Usage(prompt_tokens=work.read, completion_tokens=0, prompt_seconds=seconds)
