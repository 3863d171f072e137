"""A model file as a member of a fleet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference_client.engines.base import Engine
from inference_client.engines.llama_cpp import budget, hashes
from inference_client.engines.llama_cpp.engine import LlamaCppEngine, inspect
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.seats import Description
from inference_client.protocol.vocabulary import ModelInfo


@dataclass(frozen=True, slots=True)
class LocalModel:
    """``spec`` under llama.cpp. ``says``: fields of ModelInfo as the owner wants them told, whatever the file says."""

    spec: ModelSpec
    cache_dir: Path | None = None
    memory_check: bool = True
    preload: bool = False
    keep_alive: float | None = None
    says: Mapping[str, object] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return self.spec.alias

    def describe(self) -> Description:
        first, files = inspect(self.spec.path)
        trained = first.number("context_length", 2048)
        context = min(self.spec.context or trained, trained)
        info = ModelInfo(
            alias=self.alias,
            context_length=context,
            slots=self.spec.slots,
            quantisation=first.quantisation,
            size_bytes=sum(file.size for file in files),
            parameters=sum(file.parameters for file in files),
            kind=self.spec.kind,
            vision=self.spec.mmproj is not None,
            dimensions=first.number("embedding_length") or None if self.spec.kind == "embedding" else None,
            loaded=False,
        )
        need = budget.estimate(files, context, self.spec.slots, self.spec.batch).total
        return Description(info, need if self.memory_check else 0)

    def digest(self) -> str:
        _, files = inspect(self.spec.path)
        return hashes.sha256([file.path for file in files], self.cache_dir)

    def make(self) -> Engine:
        return LlamaCppEngine(self.spec, cache_dir=self.cache_dir, memory_check=self.memory_check)

    def told(self, info: ModelInfo) -> ModelInfo:
        return info.model_copy(update=dict(self.says)) if self.says else info
