"""One model's places at the upstream: who runs, who waits, and what was done."""

import time
from dataclasses import dataclass, field
from typing import Final

from inference_client.engines.base import AnyJob, EmbedJob, Job, PaintJob, TranscribeJob
from inference_client.engines.llama_cpp.speed import Speed, rounded
from inference_client.engines.openai_compatible.discovery import UNKNOWN_CONTEXT, Found
from inference_client.engines.openai_compatible.spec import UpstreamModel
from inference_client.protocol.vocabulary import Kind, ModelInfo, ModelMetrics, Usage

KINDS: Final[dict[type[AnyJob], Kind]] = {
    Job: "chat",
    EmbedJob: "embedding",
    TranscribeJob: "speech",
    PaintJob: "image",
}


@dataclass(slots=True)
class Work:
    """What one model did since it was last asked."""

    since: float = field(default_factory=time.monotonic)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    errors: int = 0


class Lane:
    """``running`` and ``waiting`` hold numbers of runs, in order."""

    def __init__(self, model: UpstreamModel) -> None:
        self.model = model
        self.found: Found | None = None
        self.running: set[int] = set()
        self.waiting: dict[int, AnyJob] = {}
        self.dimensions: int | None = None
        self._speed = Speed()
        self._told: tuple[float | None, float | None] = (None, None)
        self._work = Work()

    @property
    def slots(self) -> int:
        most = self.found.most_slots if self.found else None
        return min(self.model.slots, most or self.model.slots)

    def next(self) -> AnyJob | None:
        """The job whose turn it is, taken from the line; None while every slot is busy."""
        if not self.waiting or len(self.running) >= self.slots:
            return None
        run, job = next(iter(self.waiting.items()))
        del self.waiting[run]
        self.running.add(run)
        return job

    def ended(self, usage: Usage | None, prefix_tokens: int, *, failed: bool) -> None:
        """Counts a run that is over. ``usage`` None: nothing to measure speed by, or a failure."""
        work = self._work
        work.requests += 1
        work.errors += failed
        if usage is not None:
            work.prompt_tokens += usage.prompt_tokens
            work.cached_tokens += usage.cached_tokens
            work.completion_tokens += max(0, usage.completion_tokens - prefix_tokens)

    def measure(self, usage: Usage, prefix_tokens: int) -> None:
        """Takes the speed of a whole answer whose tokens the upstream counted."""
        self._speed.add(usage, prefix_tokens)
        self._told = (rounded(self._speed.prompt, self._told[0]), rounded(self._speed.generation, self._told[1]))

    def metrics(self) -> ModelMetrics:
        """Since the call before."""
        work, self._work = self._work, Work()
        return ModelMetrics(
            alias=self.model.alias,
            seconds=max(0.0, self._work.since - work.since),
            prompt_tokens=work.prompt_tokens,
            cached_tokens=work.cached_tokens,
            completion_tokens=work.completion_tokens,
            requests=work.requests,
            errors=work.errors,
            busy=len(self.running),
            waiting=len(self.waiting),
        )

    def info(self) -> ModelInfo | None:
        """None while the upstream does not have the model."""
        model, found = self.model, self.found
        if found is None:
            return None
        context = min(model.context_length or found.context or UNKNOWN_CONTEXT, found.context or 100_000_000)
        chat = model.kind == "chat"
        return ModelInfo(
            alias=model.alias,
            context_length=max(16, min(context, 100_000_000)),
            slots=self.slots,
            size_bytes=found.size_bytes,
            parameters=found.parameters,
            prompt_tps=self._told[0],
            generation_tps=self._told[1],
            kind=model.kind,
            loaded=found.loaded,
            vision=chat and model.vision,
            tools=chat and model.tools,
            thinking=model.thinking if chat else "none",
            dimensions=(self.dimensions or found.dimensions) if model.kind == "embedding" else None,
        )
