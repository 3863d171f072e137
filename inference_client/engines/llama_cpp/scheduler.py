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
from inference_client.engines.llama_cpp.prompt import Prompt
from inference_client.engines.llama_cpp.reuse import Reuse
from inference_client.engines.llama_cpp.slots import Batch, Running, Runtime, Slot
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
        batch, sampled = self._batch()
        if batch.tokens:
            self._decode(batch, sampled)
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
            length=len(prompt.tokens),
            limit=self._limit(job, prompt),
            read=reused,
            cached=min(reused, len(prompt.tokens) - prompt.prefix_tokens),
            started=started,
        )
        self._cached += running.cached
        if len(running.tokens) >= running.limit:
            self._finish(slot, running, "length")

    def _limit(self, job: Job, prompt: Prompt) -> int:
        most = job.sampling.max_tokens
        before = len(prompt.tokens) - prompt.prefix_tokens
        return self._runtime.context if most is None else min(self._runtime.context, before + most)

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

    def _batch(self) -> tuple[Batch, list[tuple[Slot, Running, int]]]:
        """(tokens, who chooses a token after which of them)"""
        batch = Batch()
        sampled: list[tuple[Slot, Running, int]] = []
        reading: list[tuple[Slot, Running]] = []
        for slot in self._slots:
            running = slot.running
            if running is None:
                continue
            place = running.read
            if place < running.length:
                if running.tokens[place] >= 0:
                    reading.append((slot, running))
                continue
            sampled.append((slot, running, len(sampled)))
            batch.tokens.append(running.tokens[place])
            batch.positions.append(place)
            batch.slots.append(slot.index)
            batch.counts[slot.index] = 1
        batch.samples = [True] * len(sampled)
        if reading:
            self._add_prompts(batch, sampled, reading)
        return batch, sampled

    def _add_prompts(
        self, batch: Batch, sampled: list[tuple[Slot, Running, int]], reading: list[tuple[Slot, Running]]
    ) -> None:
        room = min(self._budget, self._runtime.batch - len(batch))
        # Another prompt is first each time, so that what is left over from sharing goes round.
        shift = self._turn % len(reading)
        for place, (slot, running) in enumerate(reading[shift:] + reading[:shift]):
            share = -(-room // (len(reading) - place))
            share = text_length(running.prompt.tokens, running.read, share)
            piece = running.prompt.tokens[running.read : running.read + share]
            if not piece:
                continue
            room -= len(piece)
            last = running.read + len(piece) == running.length
            batch.add(slot.index, running.read, piece, sample=last)
            if last:
                sampled.append((slot, running, len(batch) - 1))

    def _decode(self, batch: Batch, sampled: list[tuple[Slot, Running, int]]) -> None:
        before = self._clock()
        try:
            done = self._runtime.decode(batch)
        except EngineError as problem:
            self._fail_all(problem)
            return
        if not done:
            self._interrupted(batch)
            return
        if len(batch) > len(batch.counts):
            self._speed = len(batch) / max(self._clock() - before, 1e-6)
            self._budget = min(self._runtime.batch, max(LEAST_PROMPT_TOKENS, int(self._speed * STEP_SECONDS)))
        for index, count in batch.counts.items():
            slot = self._slots[index]
            running = slot.running
            if running is None:
                continue
            if running.read < running.length:
                self._advance(slot, running, count)
            else:
                slot.memory.append(running.tokens[running.read])
                running.read += 1
        for slot, running, index in sampled:
            self._choose(slot, running, index)

    def _interrupted(self, batch: Batch) -> None:
        """Part of the batch may be in the model's memory: each slot goes back to what was read before."""
        for index in batch.counts:
            slot = self._slots[index]
            kept = self._runtime.keep(index, len(slot.memory))
            del slot.memory[kept:]
            if slot.running is not None:
                slot.running.read = kept

    def _advance(self, slot: Slot, running: Running, count: int) -> None:
        """``count`` more tokens of the prompt are read."""
        self._read += count
        slot.memory += running.tokens[running.read : running.read + count]
        running.read += count
        if running.read < running.length:
            self._events.append(Progress(running.job.run, running.read, running.length))
        else:
            running.answering = self._clock()

    def _choose(self, slot: Slot, running: Running, index: int) -> None:
        stream, sampler, runtime = running.stream, running.sampler, self._runtime
        try:
            token = sampler.sample(index, answering=stream.answering) if sampler.constrained else sampler.sample(index)
        except EngineError as problem:
            self._free(slot, running)
            self._events.append(Error(running.job.run, problem.code, problem.detail))
            return
        if runtime.ends(token):
            self._finish(slot, running, "stop")
            return
        running.tokens.append(token)
        self._written += 1
        for text, thinking in stream.feed(runtime.piece(token)):
            self._events.append(Text(running.job.run, text, thinking))
        if stream.stopped:
            self._finish(slot, running, "stop")
        elif len(running.tokens) >= running.limit:
            self._finish(slot, running, "length")

    # --- ending -----------------------------------------------------------------------------------------------------

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
