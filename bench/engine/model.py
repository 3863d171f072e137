"""Models of realistic cost and no sense: random weights in the shape of a small Llama, made into the cache in seconds.

125 million parameters in one of ``KINDS``, the tokenizer of ``tests/models/tiny.gguf`` and 32,000 tokens, so that matrices,
attention and the choice among all tokens cost what they cost in a real model. Rows of the output matrix are zero but
for digits and small letters: an answer is ASCII, one character a token, never ends by itself, and read again as a part
of the conversation it gives the very tokens it was made of.
"""

import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.engine.build_server import cache

TINY: Final = Path(__file__).resolve().parents[2] / "tests/models/tiny.gguf"
LAYERS: Final = 12
DIM: Final = 768
HEADS: Final = 12
KV_HEADS: Final = 4
FEED_FORWARD: Final = 2048
CONTEXT: Final = 8192
WORDS: Final = 32_000
"""Tokens; those beyond the tokenizer's own have names and never come."""

LEADING: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
SEED: Final = 20
KINDS: Final = ("q4_0", "q8_0", "f16")
SPREAD: Final = 0.022
"""Standard deviation of the weights. Those of the quantised kinds are uniform: one scale for every block of 32."""

VERSION: Final = 1
"""Raise it when the file would come out otherwise."""

Weights = np.ndarray[Any, np.dtype[Any]]


def bench_model(kind: str) -> Path:
    """The file's path; it is written on the first call."""
    path = cache() / "bench" / f"random-125m-{kind}-{VERSION}.gguf"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        _write(partial, kind)
        partial.replace(path)
    return path


def _matrix(kind: str, draw: np.random.Generator, rows: int, columns: int) -> Weights:
    """(rows, columns) of float16, or (rows, bytes): a quantised block is a float16 scale and then 32 signed bytes, or 16
    bytes of two unsigned halves from which 8 is taken.
    """
    if kind == "f16":
        return (draw.standard_normal((rows, columns), np.float32) * SPREAD).astype(np.float16)
    numbers, reach = (32, 127) if kind == "q8_0" else (16, 8)
    blocks = np.empty((rows, columns // 32, 2 + numbers), np.uint8)
    blocks[:, :, :2] = np.frombuffer(np.float16(SPREAD * 3**0.5 / reach).tobytes(), np.uint8)
    blocks[:, :, 2:] = draw.integers(0, 256, (rows, columns // 32, numbers), np.uint8)
    return blocks.reshape(rows, -1)


def _add_tokenizer(writer: Any) -> None:
    """The tiny model's, with names for the tokens it does not have."""
    import gguf

    tiny = gguf.GGUFReader(TINY)

    def of_tiny(name: str) -> Any:
        field = tiny.get_field(f"tokenizer.{name}")
        assert field is not None
        return field.contents()

    tokens = of_tiny("ggml.tokens")
    extra = WORDS - len(tokens)
    writer.add_tokenizer_model(of_tiny("ggml.model"))
    writer.add_tokenizer_pre(of_tiny("ggml.pre"))
    writer.add_token_list([*tokens, *(f"unused{number}" for number in range(extra))])
    writer.add_token_types([*of_tiny("ggml.token_type"), *[gguf.TokenType.NORMAL] * extra])
    writer.add_token_merges(of_tiny("ggml.merges"))
    writer.add_eos_token_id(of_tiny("ggml.eos_token_id"))
    writer.add_eot_token_id(of_tiny("ggml.eot_token_id"))
    writer.add_pad_token_id(of_tiny("ggml.padding_token_id"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(of_tiny("chat_template"))


def _write(path: Path, kind: str) -> None:
    import gguf

    draw = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("MeatLizard bench model, random weights")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(DIM // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(WORDS)
    types = gguf.LlamaFileType
    writer.add_file_type({"q4_0": types.MOSTLY_Q4_0, "q8_0": types.MOSTLY_Q8_0, "f16": types.MOSTLY_F16}[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_tokenizer(writer)

    stored = gguf.GGMLQuantizationType[kind.upper()]

    def matrix(name: str, weights: Weights) -> None:
        writer.add_tensor(f"{name}.weight", weights, raw_dtype=stored)

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(DIM, np.float32))

    matrix("token_embd", _matrix(kind, draw, WORDS, DIM))
    output = np.zeros_like(_matrix(kind, draw, WORDS, DIM))
    output[list(LEADING)] = _matrix(kind, draw, len(LEADING), DIM)
    matrix("output", output)
    ones("output_norm")
    kv = DIM // HEADS * KV_HEADS
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm")
        ones(f"{block}.ffn_norm")
        for name, rows, columns in (
            ("attn_q", DIM, DIM),
            ("attn_k", kv, DIM),
            ("attn_v", kv, DIM),
            ("attn_output", DIM, DIM),
            ("ffn_gate", FEED_FORWARD, DIM),
            ("ffn_up", FEED_FORWARD, DIM),
            ("ffn_down", DIM, FEED_FORWARD),
        ):
            matrix(f"{block}.{name}", _matrix(kind, draw, rows, columns))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    print(*map(bench_model, KINDS), sep="\n")
