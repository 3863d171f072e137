"""From the configuration to engines: which file is which model, and all of them as one fleet."""

from pathlib import Path
from typing import Final

from inference_client import download, quantities
from inference_client.config import Config, Model
from inference_client.engines import accelerator
from inference_client.engines.fleet import Fleet
from inference_client.engines.llama_cpp import budget
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.local import LocalModel
from inference_client.engines.openai_compatible import OpenAICompatibleEngine
from inference_client.state import Home

DEFAULT_CONTEXT: Final = 8192
"""Tokens of each answer's context, where nothing else is said."""


def path_of(model: Model, home: Home) -> Path:
    """Where the file of a model is, or will be once it is downloaded. Raises Problem ``download_name``."""
    return model.file or download.place(model.hf_repo, model.hf_file, home.models_path)


def spec_of(model: Model, home: Home) -> ModelSpec:
    """Of a model that is no upstream's. Raises Problem ``download_name``."""
    return ModelSpec(
        path=path_of(model, home),
        alias=model.alias,
        context=_context(model),
        slots=model.slots,
        gpu_layers=model.gpu_layers,
        threads=model.threads,
        kind="embedding" if model.kind == "embedding" else "chat",
        mmproj=model.mmproj,
        chat_template=str(model.chat_template or ""),
        tools=model.tools,
        thinking=model.thinking,
        cache_bytes=quantities.size(model.cache),
        cache_dir=home.path / "conversations",
        cache_disk_bytes=quantities.size(model.cache_disk),
    )


def _context(model: Model) -> int:
    if model.context_length is not None:
        return model.context_length
    # How much of a text a model is made for is its own to say.
    return 0 if model.kind == "embedding" else DEFAULT_CONTEXT


def fleet(config: Config, home: Home, *, memory_check: bool = True) -> Fleet:
    """All models of the configuration. Raises Problem for what it names wrongly."""
    bound = quantities.size(config.limits.memory) if config.limits.memory else None
    members = [
        LocalModel(
            spec_of(model, home),
            cache_dir=home.path,
            memory_check=memory_check,
            bound=bound,
            preload=model.preload,
            keep_alive=quantities.seconds(model.keep_alive),
        )
        for model in config.model
        if not model.upstream
    ]
    standing = {f"upstream {name}": OpenAICompatibleEngine(spec) for name, spec in config.upstreams().items()}
    memory = budget.available if memory_check else _unknown
    return Fleet(members, standing, memory=memory, bound=bound, accelerator=accelerator.found)


def _unknown() -> None:
    return None
