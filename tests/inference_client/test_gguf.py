"""A model file is judged by its header before llama.cpp sees it."""

import struct
from pathlib import Path

import pytest

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import budget, gguf
from inference_client.engines.llama_cpp.budget import GIB
from tests.models import MODEL_PATH

WHOLE = MODEL_PATH.read_bytes()


def header(*pairs: bytes, tensors: bytes = b"", count: int = 0, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, count, len(pairs)) + b"".join(pairs) + tensors


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def number(key: str, value: int) -> bytes:
    return pair(key, 4, struct.pack("<I", value))


def write(folder: Path, content: bytes, name: str = "model.gguf") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path) -> EngineError:
    with pytest.raises(EngineError) as caught:
        gguf.read(path)
    assert str(path) in caught.value.detail or "file" in caught.value.detail
    return caught.value


def test_the_tiny_model_is_described_by_its_own_header() -> None:
    found = gguf.read(MODEL_PATH)
    assert (found.architecture, found.quantisation, found.vocabulary) == ("llama", "Q8_0", 259)
    assert found.size == len(WHOLE)
    assert found.weights < found.size
    assert found.parameters > 800_000
    assert found.number("context_length") == 2048


def test_every_truncation_is_refused_as_truncated(tmp_path: Path) -> None:
    lengths = [0, *range(4, 2000, 7), *range(2000, len(WHOLE), 50_000), len(WHOLE) - 1]
    for length in lengths:
        error = refusal(write(tmp_path, WHOLE[:length]))
        assert error.code == "model_truncated", length


def test_the_bytes_that_are_missing_are_named(tmp_path: Path) -> None:
    assert "1,000 are missing" in refusal(write(tmp_path, WHOLE[:-1000])).detail


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + bytes(100), b"version https://git-lfs.github.com/spec/v1\n", b"abc"]
)
def test_a_foreign_file_is_refused_as_foreign(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, content)).code == "model_not_gguf"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.gguf").code == "model_missing"
    assert refusal(tmp_path).code == "model_missing"


@pytest.mark.parametrize(
    "content",
    [
        header(version=1),
        header(version=3 << 24),
        header(pair("x", 99, b"")),
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1),
        header(text("k") + struct.pack("<IIQ", 9, 4, 2**62)),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62),
    ],
)
def test_what_no_honest_file_says_is_refused_without_reading_on(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, content + bytes(64))).code == "model_unsupported"


def test_a_model_in_parts_needs_all_of_them(tmp_path: Path) -> None:
    content = header(pair("split.count", 2, struct.pack("<H", 2)))
    first = write(tmp_path, content, "m-00001-of-00002.gguf")
    with pytest.raises(EngineError) as caught:
        gguf.parts(first, gguf.read(first))
    assert caught.value.code == "model_missing"
    assert "m-00002-of-00002.gguf" in caught.value.detail
    second = write(tmp_path, content, "m-00002-of-00002.gguf")
    assert gguf.parts(first, gguf.read(first)) == [first, second]
    with pytest.raises(EngineError, match="later part"):
        gguf.parts(second, gguf.read(second))


def test_block_sizes_are_those_of_the_gguf_package() -> None:
    package = pytest.importorskip("gguf")
    sizes = {int(kind): size for kind, size in package.GGML_QUANT_SIZES.items()}
    assert {kind: size for kind, size in gguf.BLOCKS.items() if kind != 9} == {
        kind: sizes[kind] for kind in gguf.BLOCKS if kind != 9
    }


def test_memory_is_estimated_from_layers_heads_context_and_slots(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        header(
            pair("general.architecture", 8, text("llama")),
            number("llama.block_count", 32),
            number("llama.embedding_length", 4096),
            number("llama.attention.head_count", 32),
            number("llama.attention.head_count_kv", 8),
        )
        + bytes(32),
    )
    need = budget.estimate([gguf.read(file)], context=8192, slots=4)
    # 32 layers, keys and values of 8 heads of 128 in 2 bytes: 128 KiB a token.
    assert need.cache == 128 * 1024 * 8192 * 4 == 4 * GIB
    budget.require(need, need.total)
    budget.require(need, None)
    with pytest.raises(EngineError) as caught:
        budget.require(need, need.total - 1)
    assert caught.value.code == "model_too_big"
    assert "4.00 GiB" in caught.value.detail
    assert "--ctx" in caught.value.detail


def test_memory_beside_the_slots_is_half_of_what_the_model_leaves() -> None:
    need = budget.Budget(weights=4 * GIB, cache=GIB, work=GIB)
    assert budget.spare(GIB, need, None) == GIB
    assert budget.spare(GIB, need, 20 * GIB) == GIB
    assert budget.spare(GIB, need, 7 * GIB) == GIB // 2
    assert budget.spare(GIB, need, 5 * GIB) == 0


def test_this_machine_says_how_much_memory_is_free() -> None:
    memory = budget.available()
    assert memory is not None
    assert memory > 0
