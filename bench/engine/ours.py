"""Our engine as a side: the real one, with its child process."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from bench.engine.sides import BATCH, Answer, Setting
from inference_client.engines.base import Done, Error, Event, Job, Progress, Text
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling

ALIAS = "bench"


def make_engine(setting: Setting) -> LlamaCppEngine:
    spec = ModelSpec(
        path=setting.model,
        alias=ALIAS,
        context=setting.context,
        slots=setting.slots,
        threads=setting.threads,
        batch=BATCH,
    )
    return LlamaCppEngine(spec, memory_check=False)


def sampling(tokens: int) -> Sampling:
    return Sampling(temperature=0.0, max_tokens=tokens)


@dataclass(slots=True)
class _Asked:
    answer: Answer = field(default_factory=Answer)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    progress: float = 0.0
    outcome: Done | Error | None = None


class Ours:
    """``begin`` and ``end`` for tests of Stop; ``ask`` for all else."""

    name = "ours"

    def __init__(self, setting: Setting) -> None:
        self.engine = make_engine(setting)
        self._runs = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.engine.start()
        self._pump = asyncio.create_task(self._hear())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()
        await self._pump

    @property
    def pid(self) -> int:
        """Of the child that runs the model."""
        pid = self.engine.child_pid
        assert pid is not None, "the engine's child has died"
        return pid

    async def ask(self, messages: Sequence[ChatMessage], tokens: int) -> Answer:
        run = self.begin(messages, tokens)
        done = await self.end(run)
        assert done.reason == "length", f"our engine ended with {done.reason} and not by the limit"
        return self._asked.pop(run).answer

    def begin(self, messages: Sequence[ChatMessage], tokens: int) -> int:
        """Submits; the run's number."""
        run = next(self._runs)
        self._asked[run] = _Asked()
        self.engine.submit(Job(run, ALIAS, tuple(messages), sampling=sampling(tokens)))
        return run

    async def wrote(self, run: int, tokens: int) -> None:
        """Waits until ``tokens`` of the answer are there."""
        await self._until(lambda: self._asked[run].answer.written >= tokens)

    async def read(self, run: int, share: float) -> None:
        """Waits until ``share`` of the prompt is read."""
        await self._until(lambda: self._asked[run].progress >= share)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._news:
            await self._news.wait_for(holds)

    async def end(self, run: int) -> Done:
        asked = self._asked[run]
        await asked.ended.wait()
        assert isinstance(asked.outcome, Done), asked.outcome
        return asked.outcome

    async def _hear(self) -> None:
        async for events in self.engine.steps():
            for event in events:
                self._take(event)
            async with self._news:
                self._news.notify_all()

    def _take(self, event: Event) -> None:
        asked = self._asked.get(event.run)
        if asked is None:
            return
        if isinstance(event, Text):
            asked.answer.heard(event.text)
        elif isinstance(event, Progress):
            asked.progress = event.done / event.total
        elif isinstance(event, Done | Error):
            asked.outcome = event
            if isinstance(event, Done):
                asked.answer.prompt_tokens = event.usage.prompt_tokens
                asked.answer.cached_tokens = event.usage.cached_tokens
            asked.answer.ended = asyncio.get_running_loop().time()
            asked.ended.set()
