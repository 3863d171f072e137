"""An engine in front of a fake upstream, and what it says, put together by run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from inference_client.backoff import Backoff
from inference_client.engines.base import AnyJob, Done, Error, Event, Job, Picture, Progress, Text, Vectors
from inference_client.engines.openai_compatible import OpenAICompatibleEngine, Timeouts, UpstreamModel, UpstreamSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from tests.fakes.upstream import FakeUpstream

SECONDS = 60.0
LATER = 300.0
"""Longer than any test: what waits for it never happens."""


def ask(run: int, question: str = "Where do lizards sleep?", prefix: str = "", **more: Any) -> Job:
    messages = more.pop("messages", (ChatMessage(role="user", content=question),))
    sampling = more.pop("sampling", Sampling())
    return Job(run, more.pop("model", "tiny"), messages, prefix, sampling, **more)


def spec_for(upstream: FakeUpstream, *models: UpstreamModel, **more: Any) -> UpstreamSpec:
    return UpstreamSpec(upstream.url, models or (UpstreamModel("tiny"),), **more)


class Heard:
    """``text`` is answer, ``thoughts`` is thinking; everything by run."""

    def __init__(self, engine: OpenAICompatibleEngine) -> None:
        self.engine = engine
        self.steps = engine.steps()
        self.text: dict[int, str] = {}
        self.thoughts: dict[int, str] = {}
        self.ends: dict[int, Done | Error] = {}
        self.vectors: dict[int, Vectors] = {}
        self.pictures: dict[int, Picture] = {}
        self.progress: list[Progress] = []

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                self.note(await anext(self.steps))

    async def ended(self, *runs: int) -> None:
        await self.until(lambda: all(run in self.ends for run in runs))

    async def run(self, job: AnyJob) -> Done | Error:
        """Submits ``job`` and hears it to its end."""
        self.engine.submit(job)
        await self.ended(job.run)
        return self.ends[job.run]

    async def error(self, job: AnyJob) -> Error:
        end = await self.run(job)
        assert isinstance(end, Error), end
        return end

    async def done(self, job: AnyJob) -> Done:
        end = await self.run(job)
        assert isinstance(end, Done), end
        return end

    def note(self, events: Sequence[Event]) -> None:
        for event in events:
            assert event.run not in self.ends, "something came after the end"
            if isinstance(event, Text):
                assert event.text
                event.text.encode("utf-8")
                assert not (event.thinking and event.run in self.text), "thinking came after the answer"
                texts = self.thoughts if event.thinking else self.text
                texts[event.run] = texts.get(event.run, "") + event.text
            elif isinstance(event, Vectors):
                self.vectors[event.run] = event
            elif isinstance(event, Picture):
                self.pictures[event.run] = event
            elif isinstance(event, Progress):
                self.progress.append(event)
            else:
                self.ends[event.run] = event


@asynccontextmanager
async def engine_before(upstream: FakeUpstream, *models: UpstreamModel, **more: Any) -> AsyncIterator[Heard]:
    """A started engine in front of a running upstream. ``more`` goes into its specification."""
    # Once a look fails the next follows at once: no test waits for back-off.
    engine = OpenAICompatibleEngine(spec_for(upstream, *models, **more), backoff=Backoff(lambda low, high: 0.0))
    await engine.start()
    try:
        yield Heard(engine)
    finally:
        await engine.stop()


def patient(**more: float) -> Timeouts:
    """Long enough for any machine, but for what a test names."""
    return Timeouts(
        **{"connect": LATER, "first": LATER, "idle": LATER, "whole": LATER, "probe": LATER, "health": LATER} | more
    )
