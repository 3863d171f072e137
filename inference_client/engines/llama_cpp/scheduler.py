"""Continuous batching: many answers in one context, one batch of tokens a step.

Every step's batch holds one token of each answer being written, and with the room that is left the next pieces of
prompts being read, shared evenly. So a long prompt never stops the others' answers, and answers never stop a prompt.
How many prompt tokens go into a step follows the measured speed: a step should take ``STEP_SECONDS``, which bounds both
the pause others see and how long Stop takes.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from inference_client.engines.base import Done, DoneReason, EngineError, Error, Event, Job, Progress, Text
from inference_client.engines.llama_cpp.reuse import Reuse
from inference_client.engines.llama_cpp.slots import Entry, Running, Runtime, Slot
from inference_client.engines.llama_cpp.spec import Tally
from inference_client.engines.llama_cpp.states import States
from inference_client.engines.llama_cpp.vision import text_length
from inference_client.protocol.vocabulary import Usage

STEP_SECONDS: Final = 0.2
LEAST_PROMPT_TOKENS: Final = 16
"""A step reads at least so much of the prompts, however slow the machine is."""

FIRST_PROMPT_TOKENS: Final = 128
"""Before anything was measured."""


class Scheduler:
    """Owns the slots. ``step`` does one batch and returns what happened in it."""

    def __init__(
        self, runtime: Runtime, clock: Callable[[], float] = time.monotonic, states: States | None = None
    ) -> None:
        self._runtime = runtime
        self._states = states or States(0)
        self._reuse = Reuse(runtime, self._states)
        self._speed: float | None = None
        self._clock = clock
        self._slots = [Slot(index) for index in range(runtime.slots)]
        self._waiting: deque[Job] = deque()
        self._events: list[Event] = []
        self._turn = 0
        self._budget = FIRST_PROMPT_TOKENS
        self._read = self._cached = self._written = 0

    def tally(self) -> Tally:
        """Tokens since this was asked last."""
        tally = Tally(self._read, self._cached, self._written)
        self._read = self._cached = self._written = 0
        return tally

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._events or any(slot.running for slot in self._slots))

    def submit(self, job: Job) -> None:
        """Takes its turn behind those that wait."""
        self._waiting.append(job)

    def close(self) -> None:
        """Forgets all conversations."""
        self._states.close()

    def cancel(self, run: int) -> None:
        """Frees the run's slot now; the next step reports it."""
        for job in list(self._waiting):
            if job.run == run:
                self._waiting.remove(job)
                self._events.append(Done(run, "cancelled", Usage(prompt_tokens=0, completion_tokens=0)))
        for slot in self._slots:
            if slot.running is not None and slot.running.job.run == run:
                self._finish(slot, slot.running, "cancelled")

    def step(self) -> list[Event]:
        """One batch. The events are of this step and of cancellations before it."""
        self._turn += 1
        while self._waiting and (free := [slot for slot in self._slots if slot.running is None]):
            self._begin(self._waiting.popleft(), free)
        self._see()
        entries, sampled = self._batch()
        if entries:
            self._decode(entries, sampled)
        events, self._events = self._events, []
        return events

    # --- beginning --------------------------------------------------------------------------------------------------

    def _begin(self, job: Job, free: Sequence[Slot]) -> None:
        started = self._clock()
        try:
            prompt = self._runtime.prompt(job)
            sampler = self._runtime.sampler(job, prompt)
        except EngineError as problem:
            if problem.code == "context_full":
                self._events.append(Done(job.run, "length", Usage(prompt_tokens=0, completion_tokens=0)))
            else:
                self._events.append(Error(job.run, problem.code, problem.detail))
            return
        slot = self._reuse.choose(free, prompt.tokens)
        others = [other for other in self._slots if other is not slot]
        reused = self._reuse.prepare(slot, others, prompt.tokens, self._speed)
        slot.used = self._turn
        slot.running = running = Running(
            job=job,
            prompt=prompt,
            sampler=sampler,
            stream=self._runtime.answer(job, prompt),
            tokens=list(prompt.tokens),
            read=reused,
            cached=min(reused, len(prompt.tokens) - prompt.prefix_tokens),
            started=started,
        )
        self._cached += running.cached
        if self._full(running):
            self._finish(slot, running, "length")

    # --- one batch --------------------------------------------------------------------------------------------------

    def _see(self) -> None:
        """A piece of one image, if a prompt has come to one: it cannot go into a batch with tokens."""
        looking = [(slot, slot.running) for slot in self._slots if slot.running is not None and slot.running.looking]
        if not looking:
            return
        slot, running = looking[self._turn % len(looking)]
        try:
            count = self._runtime.see(running.job, running.tokens[running.read], running.read, slot.index)
        except EngineError as problem:
            self._free(slot, running)
            slot.memory = slot.memory[: self._runtime.keep(slot.index, running.read)]
            self._events.append(Error(running.job.run, problem.code, problem.detail))
            return
        self._advance(slot, running, count)

    def _batch(self) -> tuple[list[Entry], list[tuple[Slot, int]]]:
        """(entries, which slots choose a token after which entry)."""
        entries: list[Entry] = []
        sampled: list[tuple[Slot, int]] = []
        reading: list[tuple[Slot, Running]] = []
        for slot in self._slots:
            running = slot.running
            if running is None or running.looking:
                continue
            if running.reading:
                reading.append((slot, running))
                continue
            sampled.append((slot, len(entries)))
            entries.append(Entry(running.tokens[running.read], running.read, slot.index, True))
        room = min(self._budget, self._runtime.batch - len(entries))
        # Another prompt is first each time, so that what is left over from sharing goes round.
        shift = self._turn % len(reading) if reading else 0
        for place, (slot, running) in enumerate(reading[shift:] + reading[:shift]):
            share = -(-room // (len(reading) - place))
            share = text_length(running.prompt.tokens, running.read, share)
            piece = running.prompt.tokens[running.read : running.read + share]
            room -= len(piece)
            last = running.read + len(piece) == len(running.prompt.tokens)
            for offset, token in enumerate(piece, running.read):
                entries.append(Entry(token, offset, slot.index, last and offset == len(running.prompt.tokens) - 1))
            if piece and last:
                sampled.append((slot, len(entries) - 1))
        return entries, sampled

    def _decode(self, entries: list[Entry], sampled: list[tuple[Slot, int]]) -> None:
        before = self._clock()
        try:
            done = self._runtime.decode(entries)
        except EngineError as problem:
            self._fail_all(problem)
            return
        if not done:
            self._interrupted(entries)
            return
        counts = [0] * len(self._slots)
        for entry in entries:
            counts[entry.slot] += 1
        if max(counts) > 1:
            self._speed = len(entries) / max(self._clock() - before, 1e-6)
            self._budget = min(self._runtime.batch, max(LEAST_PROMPT_TOKENS, int(self._speed * STEP_SECONDS)))
        for slot in self._slots:
            if slot.running is not None and counts[slot.index]:
                self._advance(slot, slot.running, counts[slot.index])
        for slot, index in sampled:
            if slot.running is not None:
                self._choose(slot, slot.running, index)

    def _interrupted(self, entries: Sequence[Entry]) -> None:
        """Part of the batch may be in the model's memory: each slot goes back to what was read before."""
        for slot in {entry.slot: self._slots[entry.slot] for entry in entries}.values():
            kept = self._runtime.keep(slot.index, len(slot.memory))
            del slot.memory[kept:]
            if slot.running is not None:
                slot.running.read = min(slot.running.read, kept)

    def _advance(self, slot: Slot, running: Running, count: int) -> None:
        was_reading = running.reading
        if was_reading:
            self._read += count
        slot.memory += running.tokens[running.read : running.read + count]
        running.read += count
        total = len(running.prompt.tokens)
        if running.reading:
            self._events.append(Progress(running.job.run, running.read, total))
        elif was_reading:
            running.answering = self._clock()

    def _choose(self, slot: Slot, running: Running, index: int) -> None:
        stream = running.stream
        try:
            token = running.sampler.sample(index, answering=stream.answering)
        except EngineError as problem:
            self._free(slot, running)
            self._events.append(Error(running.job.run, problem.code, problem.detail))
            return
        if self._runtime.ends(token):
            self._finish(slot, running, "stop")
            return
        running.tokens.append(token)
        self._written += 1
        for text, thinking in stream.feed(self._runtime.piece(token)):
            self._events.append(Text(running.job.run, text, thinking))
        if running.stream.stopped:
            self._finish(slot, running, "stop")
        elif self._full(running):
            self._finish(slot, running, "length")

    # --- ending -----------------------------------------------------------------------------------------------------

    def _full(self, running: Running) -> bool:
        most = running.job.sampling.max_tokens
        if most is not None and running.written >= most:
            return True
        return len(running.tokens) >= self._runtime.context

    def _finish(self, slot: Slot, running: Running, reason: DoneReason) -> None:
        for text, thinking in running.stream.end():
            self._events.append(Text(running.job.run, text, thinking))
        calls = running.stream.calls
        if calls and reason in ("stop", "length"):
            reason = "tool_calls"
        now = self._clock()
        answering = running.answering or now
        usage = Usage(
            prompt_tokens=len(running.prompt.tokens) - running.prompt.prefix_tokens,
            completion_tokens=running.written,
            cached_tokens=running.cached,
            prompt_seconds=max(0.0, answering - running.started),
            completion_seconds=max(0.0, now - answering),
        )
        self._free(slot, running)
        calls = calls if reason == "tool_calls" else ()
        self._events.append(Done(running.job.run, reason, usage, running.prompt.trimmed, calls))

    def _free(self, slot: Slot, running: Running) -> None:
        running.sampler.close()
        slot.running = None
        slot.used = self._turn

    def _fail_all(self, problem: EngineError) -> None:
        for slot in self._slots:
            running = slot.running
            if running is not None:
                self._free(slot, running)
                slot.memory = slot.memory[: self._runtime.keep(slot.index, 0)]
                self._events.append(Error(running.job.run, problem.code, problem.detail, retry=True))
