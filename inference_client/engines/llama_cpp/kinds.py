"""What differs between a model that answers and one that turns texts into vectors, as far as its header tells."""

from dataclasses import replace
from typing import Final

from inference_client.engines.llama_cpp import budget
from inference_client.engines.llama_cpp.gguf import GgufFile
from inference_client.engines.llama_cpp.spec import ModelSpec

WINDOW_KEY: Final = "meatlizard.window"
"""Our own entry of a GGUF's metadata: how many tokens of a text are read."""

USUAL_WINDOW: Final = 2048
"""Tokens read of each text by a model made for more, unless the owner asks for more."""

_WINDOWS: Final = {"all-minilm-l6-v2": 256, "all-minilm-l12-v2": 128}
"""Tokens that sentence-transformers reads of a text, for files of others: these models have positions for 512, and were
not trained on so many."""


def context_length(spec: ModelSpec, model: GgufFile) -> int:
    """Tokens ``model`` can make use of: of a conversation, or of each text."""
    trained = model.number("context_length", 2048)
    if spec.kind == "embedding":
        said = model.metadata.get(WINDOW_KEY)
        if isinstance(said, int) and said > 0:
            return min(said, trained)
        name = str(model.metadata.get("general.name", "")).lower().replace(" ", "-")
        trained = min(trained, _WINDOWS.get(name, trained))
        # Memory for a batch grows with it, and who stores texts for searching cuts them into smaller pieces.
        return trained if spec.context else min(trained, USUAL_WINDOW)
    return trained


def dimensions(spec: ModelSpec, model: GgufFile) -> int | None:
    """Length of an embedding model's vectors; None for another kind."""
    width = model.number("embedding_length_out") or model.number("embedding_length")
    return width if spec.kind == "embedding" and width else None


def estimate(spec: ModelSpec, files: list[GgufFile], projector: GgufFile | None = None) -> budget.Budget:
    """Memory for ``spec``. An embedding model keeps nothing between its batches."""
    if spec.kind == "embedding":
        size = max(spec.batch, spec.context)
        return budget.estimate(files, size, 1, size)
    need = budget.estimate(files, spec.context, spec.slots, spec.batch)
    return replace(need, weights=need.weights + (projector.weights if projector else 0))
