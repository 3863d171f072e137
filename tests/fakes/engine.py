"""An engine that writes what a script says, at the pace a test sets. It speaks the client's engine interface.

It is strict: a run submitted twice, a model nobody offers, an image that did not come along or a prefix the script does
not continue fails at once. It is exact: all characters of an answer appear in order, continuing after a given prefix.
"""

import asyncio
import hashlib
import itertools
import math
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from inference_client.engines.base import (
    AnyJob,
    Done,
    DoneReason,
    EmbedJob,
    Error,
    Event,
    Job,
    PaintJob,
    Picture,
    Progress,
    Text,
    TranscribeJob,
    Vectors,
)
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics, ToolCall, Usage

Script = Callable[[Job], str]

KINDS = {Job: "chat", EmbedJob: "embedding", TranscribeJob: "speech", PaintJob: "image"}
DIMENSIONS = 8
PNG = b"\x89PNG\r\n\x1a\n"


def echo(job: Job) -> str:
    """The default script: says back the last message."""
    return f"You said: {job.messages[-1].content}"


def counting(job: Job) -> str:
    """512 numbered words, the same for every job: shows at once what is lost, doubled or out of order."""
    return " ".join(f"w{number}" for number in range(512))


def vector(text: str) -> bytes:
    """The vector of a text: eight 32-bit floats, little-endian, of length 1, the same for the same text."""
    numbers = [1.0 + byte for byte in hashlib.sha256(text.encode()).digest()[:DIMENSIONS]]
    length = math.sqrt(sum(number * number for number in numbers))
    return struct.pack(f"<{DIMENSIONS}f", *(number / length for number in numbers))


def picture(job: PaintJob) -> bytes:
    """A file of as many bytes as the image has pixels: begins as a PNG does and is none."""
    pixels = job.width * job.height
    return (PNG + job.prompt.encode() + bytes(pixels))[:pixels]


@dataclass(slots=True)
class _Running:
    job: AnyJob
    text: str
    at: int
    thinking: int = 0
    calls: tuple[ToolCall, ...] = ()
    results: list[Event] = field(default_factory=list)
    tokens: int = 0
    read: int = 0


class ScriptedEngine:
    """``step()`` does one decode step for all running answers. With ``rate`` (steps a second) it steps by itself.

    A token is ``token_length`` characters. A prompt is read in ``prompt_steps`` steps first. ``fail``: run numbers, in
    order of submission from 1, that end with an error instead. ``thinking`` says what it thinks before the script's
    answer, ``calls`` which tools it calls after it. ``others``: models of other kinds; a recording is written down as its
    size, a painting is ``picture``, a text's vector is ``vector``.
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
        thinking: Script | None = None,
        calls: Callable[[Job], tuple[ToolCall, ...]] | None = None,
        vision: bool = False,
        others: Sequence[ModelInfo] = (),
    ) -> None:
        self.submitted: list[AnyJob] = []
        self.arrived = asyncio.Event()
        self.cancelled: list[int] = []
        self._script = script
        self._thinking: Script = thinking or (lambda _: "")
        self._calls: Callable[[Job], tuple[ToolCall, ...]] = calls or (lambda _: ())
        own = ModelInfo(
            alias=alias,
            context_length=context_length,
            slots=slots,
            vision=vision,
            tools=calls is not None,
            thinking="boolean" if thinking else "none",
        )
        self._models = {info.alias: info for info in (own, *others)}
        self._slots = slots
        self._rate = rate
        self._token_length = token_length
        self._prompt_steps = prompt_steps
        self._fail = frozenset(fail)
        self._running: dict[int, _Running] = {}
        self._waiting: dict[int, AnyJob] = {}
        self._news: list[Event] = []
        self._steps: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self._ticker: asyncio.Task[None] | None = None
        self._written: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._failed: dict[str, int] = {}
        self._measured = 0.0

    backend = "cpu"

    @property
    def busy(self) -> int:
        """Answers in slots."""
        return len(self._running)

    @property
    def chats(self) -> list[Job]:
        """The submitted jobs that ask for an answer."""
        return [job for job in self.submitted if isinstance(job, Job)]

    def models(self) -> tuple[ModelInfo, ...]:
        return tuple(self._models.values())

    async def start(self) -> None:
        self._measured = asyncio.get_running_loop().time()
        if self._rate is not None:
            self._ticker = asyncio.create_task(self._tick(1.0 / self._rate))

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        self._steps.put_nowait(None)

    def submit(self, job: AnyJob) -> None:
        assert job.run not in {earlier.run for earlier in self.submitted}, f"run {job.run} was submitted twice"
        assert job.model in self._models, f"{job.model} is not offered"
        if isinstance(job, Job):
            named = {image.blob for message in job.messages for image in message.images}
            assert named == set(job.images), "the images and their bytes do not go together"
        self.submitted.append(job)
        self.arrived.set()
        self._asked[job.model] = self._asked.get(job.model, 0) + 1
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

    def metrics(self) -> tuple[ModelMetrics, ...]:
        now = asyncio.get_running_loop().time()
        seconds, self._measured = now - self._measured, now
        written, self._written = self._written, {}
        asked, self._asked = self._asked, {}
        failed, self._failed = self._failed, {}
        return tuple(
            ModelMetrics(
                alias=alias,
                seconds=max(0.0, seconds),
                completion_tokens=written.get(alias, 0),
                requests=asked.get(alias, 0),
                errors=failed.get(alias, 0),
                busy=sum(running.job.model == alias for running in self._running.values()),
                waiting=sum(job.model == alias for job in self._waiting.values()),
            )
            for alias in self._models
        )

    def load(self, alias: str) -> None:
        self._set_loaded(alias, True)

    def unload(self, alias: str) -> None:
        self._set_loaded(alias, False)

    def _set_loaded(self, alias: str, loaded: bool) -> None:
        if alias in self._models:
            self._models[alias] = self._models[alias].model_copy(update={"loaded": loaded})
            self._steps.put_nowait(())

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

    def _begin(self, job: AnyJob) -> None:
        if KINDS[type(job)] != self._models[job.model].kind:
            self._news.append(Error(job.run, "wrong_kind", f"{job.model} is not made for this"))
        elif isinstance(job, Job):
            thoughts = self._thinking(job) if job.sampling.thinking != "off" else ""
            text = thoughts + self._script(job)
            assert text.startswith(job.prefix), "the script does not continue the prefix"
            assert job.prefix_thinking == min(len(thoughts), len(job.prefix)), "the prefix's thinking is another"
            self._running[job.run] = _Running(job, text, len(job.prefix), len(thoughts), self._calls(job))
        elif isinstance(job, TranscribeJob):
            self._running[job.run] = _Running(job, f"{len(job.audio)} bytes of {job.media_type}", 0)
        elif isinstance(job, EmbedJob):
            result: Event = Vectors(job.run, tuple(vector(text) for text in job.texts))
            self._running[job.run] = _Running(job, "", 0, results=[result])
        else:
            result = Picture(job.run, "image/png", picture(job))
            self._running[job.run] = _Running(job, "", 0, results=[result])

    def _advance_one(self, run: int, running: _Running) -> list[Event]:
        if self.submitted.index(running.job) + 1 in self._fail:
            del self._running[run]
            self._failed[running.job.model] = self._failed.get(running.job.model, 0) + 1
            return [Error(run, "scripted_failure", "the script says so", retry=True)]
        if running.read < self._prompt_steps:
            running.read += 1
            return [Progress(run, running.read, self._prompt_steps)]
        thinking = running.at < running.thinking
        end = running.thinking if thinking else len(running.text)
        piece = running.text[running.at : min(end, running.at + self._token_length)]
        running.at += len(piece)
        running.tokens += bool(piece)
        self._written[running.job.model] = self._written.get(running.job.model, 0) + bool(piece)
        events: list[Event] = [*running.results, *([Text(run, piece, thinking)] if piece else [])]
        most = running.job.sampling.max_tokens if isinstance(running.job, Job) else None
        if running.at >= len(running.text) or running.tokens == most:
            del self._running[run]
            full: DoneReason = "tool_calls" if running.calls else "stop"
            events.append(
                self._done(run, full if running.at >= len(running.text) else "length", running.tokens, running.calls)
            )
        return events

    def _done(self, run: int, reason: DoneReason, tokens: int, calls: tuple[ToolCall, ...] = ()) -> Done:
        usage = Usage(prompt_tokens=10, completion_tokens=tokens)
        return Done(run, reason, usage, tool_calls=calls if reason == "tool_calls" else ())

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
