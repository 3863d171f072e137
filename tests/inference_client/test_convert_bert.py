"""Converting a sentence model: whole or not at all, and in words when it cannot be done."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inference_client import convert_bert
from inference_client.convert_bert import convert, read_safetensors
from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import gguf
from inference_client.engines.llama_cpp.kinds import context_length
from inference_client.engines.llama_cpp.spec import ModelSpec

pytest.importorskip("gguf")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##s", "lizard"]
SIZE = 32


def safetensors(arrays: dict[str, np.ndarray], kind: str = "F32") -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        data = array.astype("<f4").tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def arrays() -> dict[str, np.ndarray]:
    def some(*shape: int) -> np.ndarray:
        return np.ones(shape, np.float32)

    layer = "encoder.layer.0."
    found = {
        "embeddings.word_embeddings.weight": some(len(WORDS), SIZE),
        "embeddings.position_embeddings.weight": some(64, SIZE),
        "embeddings.token_type_embeddings.weight": some(2, SIZE),
        "embeddings.LayerNorm.weight": some(SIZE),
        "embeddings.LayerNorm.bias": some(SIZE),
        "embeddings.position_ids": some(1, 64),
        "pooler.dense.weight": some(SIZE, SIZE),
    }
    for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        found |= {f"{layer}{name}.weight": some(SIZE, SIZE), f"{layer}{name}.bias": some(SIZE)}
    for name in ("attention.output.LayerNorm", "output.LayerNorm"):
        found |= {f"{layer}{name}.weight": some(SIZE), f"{layer}{name}.bias": some(SIZE)}
    found |= {f"{layer}intermediate.dense.weight": some(64, SIZE), f"{layer}intermediate.dense.bias": some(64)}
    return found | {f"{layer}output.dense.weight": some(SIZE, 64), f"{layer}output.dense.bias": some(SIZE)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "small"
    (path / "1_Pooling").mkdir(parents=True)
    config = {
        "model_type": "bert", "hidden_size": SIZE, "intermediate_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "layer_norm_eps": 1e-12, "max_position_embeddings": 64, "type_vocab_size": 2,
    }  # fmt: skip
    (path / "config.json").write_text(json.dumps(config))
    (path / "sentence_bert_config.json").write_text('{"max_seq_length": 48}')
    (path / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    (path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (path / "model.safetensors").write_bytes(safetensors(arrays()))
    return path


def refusal(folder: Path, out: Path) -> EngineError:
    with pytest.raises(EngineError) as caught:
        convert(folder, out, "small")
    assert list(out.parent.glob(f"*{out.name}*")) == [], "something was left behind"
    return caught.value


def test_what_is_needed_is_in_the_file_and_the_rest_is_not(folder: Path, tmp_path: Path) -> None:
    convert(folder, tmp_path / "out.gguf", "small")
    found = gguf.read(tmp_path / "out.gguf")
    assert (found.architecture, found.quantisation, found.vocabulary) == ("bert", "F16", len(WORDS))
    assert found.metadata["tokenizer.ggml.tokens"] == [*WORDS[:5], "\u2581the", "s", "\u2581lizard"]
    assert found.metadata["tokenizer.ggml.seperator_token_id"] == 3
    assert found.parameters == sum(
        array.size for name, array in arrays().items() if "pooler" not in name and "position_ids" not in name
    )
    assert context_length(ModelSpec(found.path, "small", kind="embedding"), found) == 48
    assert context_length(ModelSpec(found.path, "small"), found) == 64


@pytest.mark.parametrize(
    "name", ["config.json", "sentence_bert_config.json", "1_Pooling/config.json", "vocab.txt", "model.safetensors"]
)
def test_a_missing_part_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).unlink()
    problem = refusal(folder, tmp_path / "out.gguf")
    assert problem.code == "model_missing"
    assert name in problem.detail


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_cut_weights_are_refused(folder: Path, tmp_path: Path, length: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:length])
    assert refusal(folder, tmp_path / "out.gguf").code == "model_truncated"


def test_another_architecture_or_way_of_pooling_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert refusal(folder, tmp_path / "out.gguf").code == "model_unsupported"


@pytest.mark.parametrize(("name", "content"), [("config.json", b"{"), ("vocab.txt", b"\xff")])
def test_damaged_settings_are_refused(folder: Path, tmp_path: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert refusal(folder, tmp_path / "out.gguf").code == "model_truncated"


def test_unknown_numbers_and_a_header_that_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors({"a": np.ones(4)}, kind="F8_E4M3"))
    with pytest.raises(EngineError, match="F8_E4M3"):
        read_safetensors(path)
    path.write_bytes(struct.pack("<Q", 4) + b"junk")
    with pytest.raises(EngineError, match="whole safetensors"):
        read_safetensors(path)


def test_the_command_says_what_is_wrong_and_ends_with_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", convert_bert.__name__, str(tmp_path / "nothing"), str(tmp_path / "out.gguf")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "config.json is missing" in ended.stderr
    assert "Traceback" not in ended.stderr
