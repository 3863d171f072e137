"""How much a model reads of a text, and what it is estimated to need, from its header."""

from pathlib import Path
from typing import Any

import pytest

from inference_client.engines.llama_cpp import gguf, kinds
from inference_client.engines.llama_cpp.gguf import GgufFile
from inference_client.engines.llama_cpp.spec import ModelSpec
from tests.models.sight.corpus import MODEL_PATH, PROJECTOR_PATH


def header(length: int, name: str = "", **more: Any) -> GgufFile:
    metadata = {"general.architecture": "bert", "bert.context_length": length, "general.name": name, **more}
    return GgufFile(Path("x.gguf"), 1, 1, 1, 1, metadata)


@pytest.mark.parametrize(
    ("model", "window"),
    [
        (header(512), 512),
        (header(512, "all-MiniLM-L6-v2"), 256),
        (header(512, "All MiniLM L6 v2"), 256),
        (header(512, "all-MiniLM-L12-v2"), 128),
        (header(512, "all-MiniLM-L6-v2", **{kinds.WINDOW_KEY: 384}), 384),
        (header(512, **{kinds.WINDOW_KEY: 4096}), 512),
        (header(512, **{kinds.WINDOW_KEY: "many"}), 512),
        (header(32768), 2048),
    ],
)
def test_a_text_is_read_as_far_as_the_model_was_made_for(model: GgufFile, window: int) -> None:
    assert kinds.context_length(ModelSpec(model.path, "x", kind="embedding"), model) == window


def test_the_owner_may_ask_for_more_of_a_model_made_for_more() -> None:
    assert kinds.context_length(ModelSpec(Path("x"), "x", kind="embedding", context=8192), header(32768)) == 32768
    assert kinds.context_length(ModelSpec(Path("x"), "x"), header(512, "all-MiniLM-L6-v2")) == 512


def test_only_an_embedding_model_has_dimensions() -> None:
    model = header(512, **{"bert.embedding_length": 384})
    assert kinds.dimensions(ModelSpec(model.path, "x", kind="embedding"), model) == 384
    assert kinds.dimensions(ModelSpec(model.path, "x"), model) is None


def test_an_eye_counts_and_vectors_keep_no_memory_of_conversations() -> None:
    model, eye = gguf.read(MODEL_PATH), gguf.read(PROJECTOR_PATH)
    blind = kinds.estimate(ModelSpec(MODEL_PATH, "x", context=1024), [model])
    sees = kinds.estimate(ModelSpec(MODEL_PATH, "x", context=1024), [model], eye)
    assert sees.total - blind.total == eye.weights > 60_000
    many = ModelSpec(MODEL_PATH, "x", kind="embedding", context=256, slots=64)
    assert kinds.estimate(many, [model]).cache < blind.cache
