"""A model file as a member of a fleet."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from inference_client.engines.base import Engine
from inference_client.engines.llama_cpp import budget, gguf, hashes, kinds
from inference_client.engines.llama_cpp.engine import LlamaCppEngine, inspect
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.seats import Description


@dataclass(frozen=True, slots=True)
class LocalModel:
    """``spec`` under llama.cpp. ``cache_dir`` keeps hashes. ``bound``: bytes that all models together may use; without
    ``memory_check`` what it needs counts for nothing.
    """

    spec: ModelSpec
    cache_dir: Path | None = None
    memory_check: bool = True
    bound: int | None = None
    preload: bool = False
    keep_alive: float | None = None

    @property
    def alias(self) -> str:
        return self.spec.alias

    async def describe(self) -> Description:
        engine = LlamaCppEngine(self.spec, cache_dir=self.cache_dir, lazy=True)
        await engine.start()
        (info,) = engine.models()
        await engine.stop()
        need = await asyncio.to_thread(self._need, info.context_length) if self.memory_check else 0
        return Description(info, need)

    def _need(self, context: int) -> int:
        """With what it will take for conversations beside its slots."""
        need = need_of(replace(self.spec, context=context))
        memory = min((amount for amount in (self.bound, budget.available()) if amount is not None), default=None)
        return need.total + (budget.spare(self.spec.cache_bytes, need, memory) if self.spec.kind == "chat" else 0)

    def digest(self) -> str:
        _, files = inspect(self.spec.path)
        return hashes.sha256([file.path for file in files], self.cache_dir)

    def make(self) -> Engine:
        return LlamaCppEngine(self.spec, cache_dir=self.cache_dir, memory_check=self.memory_check)


def need_of(spec: ModelSpec) -> budget.Budget:
    """Memory of a model, from its headers; its context is capped to what the model was made for. Raises EngineError."""
    first, files = inspect(spec.path)
    trained = kinds.context_length(spec, first)
    projector = gguf.read(spec.mmproj) if spec.mmproj is not None else None
    return kinds.estimate(replace(spec, context=min(spec.context or trained, trained)), files, projector)
