"""What this program measures about itself: for the site, every few seconds, and for the terminal."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from inference_client.engines.base import Engine
from inference_client.machine import Machine, Reading
from inference_client.protocol.messages import Metrics
from inference_client.protocol.vocabulary import ModelMetrics

log = logging.getLogger(__name__)

MAX_MODELS: Final = 200
"""As many as one message can name."""


def merged(earlier: Iterable[ModelMetrics], later: Iterable[ModelMetrics]) -> tuple[ModelMetrics, ...]:
    """Counts of both times together; what a model holds now is what the later report says."""
    before = {item.alias: item for item in earlier}
    found: dict[str, ModelMetrics] = {}
    for item in later:
        old = before.pop(item.alias, None)
        if old is not None:
            counts = ("seconds", "prompt_tokens", "cached_tokens", "completion_tokens", "requests", "errors")
            item = item.model_copy(update={name: getattr(old, name) + getattr(item, name) for name in counts})
        found[item.alias] = item
    gone = (item.model_copy(update={"busy": 0, "waiting": 0}) for item in before.values())
    return (*found.values(), *gone)


class Meter:
    """Reads engine and machine. What the site did not get is part of the next report: ``sent`` begins anew.

    ``models``: of the last interval alone. ``reading``: what the machine said last.
    """

    def __init__(
        self,
        engine: Engine,
        machine: Callable[[], Reading] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.models: tuple[ModelMetrics, ...] = ()
        self.reading = Reading()
        self._engine = engine
        self._machine = machine or Machine().read
        self._clock = clock
        self._since = clock()
        self._unsent: tuple[ModelMetrics, ...] = ()

    @property
    def uptime(self) -> float:
        """Seconds."""
        return max(0.0, self._clock() - self._since)

    async def measure(self, reconnections: int = 0) -> Metrics:
        """Never raises: what cannot be measured is absent, and the log says why."""
        try:
            self.reading = await asyncio.to_thread(self._machine)
        except Exception:
            log.exception("this machine cannot be measured")
            self.reading = Reading()
        try:
            self.models = self._engine.metrics()
        except Exception:
            log.exception("the engine cannot be measured")
            self.models = ()
        self._unsent = merged(self._unsent, self.models)
        return Metrics(
            uptime=self.uptime,
            memory=self.reading.memory,
            memory_free=self.reading.memory_free,
            gpu_utilisation=self.reading.gpu.utilisation,
            gpu_memory=self.reading.gpu.memory,
            temperature=self.reading.temperature,
            reconnections=reconnections,
            models=self._unsent[:MAX_MODELS],
        )

    def sent(self) -> None:
        """The report has gone out."""
        self._unsent = ()
