"""How fast a model is on this machine: through the very engine that serves the site, in wall time."""

import itertools
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from inference_client.engines.base import Done, EngineError, Error, Job, Text
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Usage

ROOM: Final = 128
"""Tokens that a chat template may add."""

LEAST_TOKENS: Final = 8
"""Written by one sequence; fewer are no measure."""


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens per second of all ``sequences`` together; None if the model stopped too early to be measured."""

    sequences: int
    prompt: float | None
    generation: float | None


@dataclass(slots=True)
class _Round:
    """Seconds from asking to the end, and from the first text to the end."""

    whole: float
    writing: float
    usages: list[Usage]

    @property
    def read(self) -> int:
        return sum(usage.prompt_tokens - usage.cached_tokens for usage in self.usages)


class _Bench:
    """An engine that is asked in rounds; each waits for all its answers."""

    def __init__(self, spec: ModelSpec) -> None:
        self._alias = spec.alias
        self._engine = LlamaCppEngine(spec)
        self._runs = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self._engine.start()
        self._steps = self._engine.steps()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._engine.stop()

    async def round(self, count: int, numbers: int, tokens: int) -> _Round:
        """``count`` answers at once, to prompts of so many ``numbers``. Raises EngineError if one of them fails."""
        begun, first, usages, open_ = time.perf_counter(), None, [], set()
        for _ in range(count):
            run = next(self._runs)
            open_.add(run)
            messages = (ChatMessage(role="user", content=_series(run, numbers)),)
            sampling = Sampling(max_tokens=tokens, temperature=1.0, seed=run)
            self._engine.submit(Job(run, self._alias, messages, sampling=sampling))
        while open_:
            for event in await anext(self._steps):
                if isinstance(event, Text) and first is None:
                    first = time.perf_counter()
                elif isinstance(event, Error):
                    raise EngineError(event.code, event.detail)
                elif isinstance(event, Done):
                    open_.discard(event.run)
                    usages.append(event.usage)
        end = time.perf_counter()
        return _Round(end - begun, end - first if first is not None else 0.0, usages)


async def rows(spec: ModelSpec, sequences: Sequence[int], prompt: int, tokens: int) -> AsyncIterator[Row]:
    """One row for each number of ``sequences``, reading ``prompt`` and writing ``tokens`` each. Raises EngineError."""
    async with _Bench(spec) as bench:
        # These two prepare the GPU, and tell how many tokens of this vocabulary a number takes.
        few, more = await bench.round(1, 2, 1), await bench.round(1, 10, 1)
        each = max(0.5, (more.usages[0].prompt_tokens - few.usages[0].prompt_tokens) / 8)
        numbers = max(2, 2 + int((prompt - few.usages[0].prompt_tokens) / each))
        for count in sequences:
            reading = await bench.round(count, numbers, 1)
            writing = await bench.round(count, 2, tokens)
            # The first token of each was there with the first text.
            written = sum(usage.completion_tokens - 1 for usage in writing.usages)
            enough = written >= LEAST_TOKENS * count and writing.writing > 0
            yield Row(count, reading.read / reading.whole, written / writing.writing if enough else None)


def _series(seed: int, numbers: int) -> str:
    """No two begin alike, or the second would be found in memory."""
    chosen = random.Random(seed)  # noqa: S311
    return " ".join(str(chosen.randint(100, 999)) for _ in range(numbers))
