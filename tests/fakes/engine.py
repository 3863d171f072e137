"""An engine that writes what a script says, at the pace a test sets. It speaks the client's engine interface.

It is strict: a run submitted twice, or a model nobody offers, fails at once. It is exact: all characters of an answer
appear in order, continuing after a given prefix.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from inference_client.engines.base import Done, DoneReason, Error, Event, Job, Progress, Text
from inference_client.protocol.vocabulary import ModelInfo, Usage

Script = Callable[[Job], str]


def echo(job: Job) -> str:
    """The default script: says back the last message."""
    return f"You said: {job.messages[-1].content}"


def counting(job: Job) -> str:
    """512 numbered words, the same for every job: shows at once what is lost, doubled or out of order."""
    return " ".join(f"w{number}" for number in range(512))


@dataclass(slots=True)
class _Running:
    job: Job
    text: str
    at: int
    tokens: int = 0
    read: int = 0


class ScriptedEngine:
    """``step()`` does one decode step for all running answers. With ``rate`` (steps a second) it steps by itself.

    A token is ``token_length`` characters. A prompt is read in ``prompt_steps`` steps first. ``fail``: run numbers, in
    order of submission from 1, that end with an error instead.
    """

    def __init__(
        self,
        script: Script = echo,
        *,
        alias: str = "scripted",
        slots: int = 4,
        rate: float | None = None,
        token_length: int = 4,
        prompt_steps: int = 0,
        fail: Sequence[int] = (),
        context_length: int = 4096,
    ) -> None:
        self.submitted: list[Job] = []
        self.arrived = asyncio.Event()
        self.cancelled: list[int] = []
        self._script = script
        self._info = ModelInfo(alias=alias, context_length=context_length, slots=slots)
        self._slots = slots
        self._rate = rate
        self._token_length = token_length
        self._prompt_steps = prompt_steps
        self._fail = frozenset(fail)
        self._running: dict[int, _Running] = {}
        self._waiting: dict[int, Job] = {}
        self._news: list[Event] = []
        self._steps: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self._ticker: asyncio.Task[None] | None = None

    backend = "cpu"

    @property
    def busy(self) -> int:
        """Answers in slots."""
        return len(self._running)

    def models(self) -> tuple[ModelInfo, ...]:
        return (self._info,)

    async def start(self) -> None:
        if self._rate is not None:
            self._ticker = asyncio.create_task(self._tick(1.0 / self._rate))

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        self._steps.put_nowait(None)

    def submit(self, job: Job) -> None:
        assert job.run not in {earlier.run for earlier in self.submitted}, f"run {job.run} was submitted twice"
        assert job.model == self._info.alias, f"{job.model} is not offered"
        self.submitted.append(job)
        self.arrived.set()
        self._waiting[job.run] = job

    def cancel(self, run: int) -> None:
        self.cancelled.append(run)
        if run in self._running or run in self._waiting:
            running = self._running.pop(run, None)
            self._waiting.pop(run, None)
            self._news.append(self._done(run, "cancelled", running.tokens if running else 0))
            if self._rate is None:
                self._steps.put_nowait(self._take_news())

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch

    def step(self, count: int = 1) -> None:
        """``count`` decode steps, each one batch of events."""
        for _ in range(count):
            events = self._advance()
            if events:
                self._steps.put_nowait(events)

    def _advance(self) -> list[Event]:
        for run, job in list(itertools.islice(self._waiting.items(), max(0, self._slots - len(self._running)))):
            del self._waiting[run]
            self._begin(job)
        events = self._take_news()
        for run, running in list(self._running.items()):
            events += self._advance_one(run, running)
        return events

    def _begin(self, job: Job) -> None:
        text = self._script(job)
        assert text.startswith(job.prefix), "the script does not continue the prefix"
        self._running[job.run] = _Running(job, text, len(job.prefix))

    def _advance_one(self, run: int, running: _Running) -> list[Event]:
        if self.submitted.index(running.job) + 1 in self._fail:
            del self._running[run]
            return [Error(run, "scripted_failure", "the script says so", retry=True)]
        if running.read < self._prompt_steps:
            running.read += 1
            return [Progress(run, running.read, self._prompt_steps)]
        piece = running.text[running.at : running.at + self._token_length]
        running.at += len(piece)
        running.tokens += bool(piece)
        events: list[Event] = [Text(run, piece)] if piece else []
        most = running.job.sampling.max_tokens
        if running.at >= len(running.text) or running.tokens == most:
            del self._running[run]
            events.append(self._done(run, "stop" if running.at >= len(running.text) else "length", running.tokens))
        return events

    def _done(self, run: int, reason: DoneReason, tokens: int) -> Done:
        return Done(run, reason, Usage(prompt_tokens=10, completion_tokens=tokens))

    def _take_news(self) -> list[Event]:
        news, self._news = self._news, []
        return news

    async def _tick(self, pause: float) -> None:
        clock = asyncio.get_running_loop()
        due = clock.time()
        while True:
            self.step()
            # Steps that were late are not made up for: a GPU does not hurry either.
            due = max(due + pause, clock.time())
            await asyncio.sleep(due - clock.time())
