"""The engine as the client sees it: one upstream server with all its models."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from inference_client.engines.base import AnyJob, Error, Event
from inference_client.engines.openai_compatible.spec import UpstreamSpec
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics


class OpenAICompatibleEngine:
    """Sends jobs to the server of ``spec``. A server that is away only takes its models from the offer."""

    def __init__(self, spec: UpstreamSpec) -> None:
        self._spec = spec
        self._steps: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()

    @property
    def backend(self) -> str:
        return "upstream"

    def models(self) -> tuple[ModelInfo, ...]:
        return ()

    async def start(self) -> None:
        """Raises EngineError ``model_missing`` or ``upstream_key``; a server that does not answer is waited for."""

    async def stop(self) -> None:
        self._steps.put_nowait(None)

    def submit(self, job: AnyJob) -> None:
        self._steps.put_nowait([Error(job.run, "upstream_away", "the upstream is not there yet", retry=True)])

    def cancel(self, run: int) -> None:
        return

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch

    def metrics(self) -> tuple[ModelMetrics, ...]:
        return ()

    def load(self, alias: str) -> None:
        return

    def unload(self, alias: str) -> None:
        return
