"""Makes a GGUF of a BERT sentence model, for machines that have the original weights and no ready-made file.

    python -m inference_client.convert_bert FOLDER OUT.gguf

``FOLDER`` is laid out as sentence-transformers lays out its models: ``config.json``,
``sentence_bert_config.json``, ``1_Pooling/config.json``, ``model.safetensors`` and ``vocab.txt``. Matrices are written as F16, all else as F32. Needs the package ``gguf``.

Formats: https://github.com/huggingface/safetensors#format and https://github.com/ggml-org/ggml/blob/master/docs/gguf.md;
names of tensors as llama.cpp's ``bert`` architecture reads them.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from struct import unpack
from typing import Any, Final

import numpy as np

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.kinds import WINDOW_KEY

Array = np.ndarray[Any, np.dtype[Any]]

WEIGHTS: Final = "model.safetensors"
PHANTOM_SPACE: Final = "\u2581"
"""Marks the beginning of a word in llama.cpp's vocabulary, where WordPiece marks its continuation with ``##``."""

_MAX_HEADER: Final = 100_000_000
_TYPES: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}
_NAMES: Final = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm": "token_embd_norm",
}
_LAYER_NAMES: Final = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_SPECIAL: Final = {
    "bos": "[CLS]",
    "cls": "[CLS]",
    "seperator": "[SEP]",
    "padding": "[PAD]",
    "unknown": "[UNK]",
    "mask": "[MASK]",
}
"""GGUF's name (so spelt) and WordPiece's token."""


def convert(folder: Path, out: Path, name: str) -> None:
    """Writes ``out``, whole or not at all, as the model ``name``. Raises EngineError ``model_missing``, ``model_truncated``,
    ``model_unsupported``, ``package_missing``."""
    try:
        import gguf
    except ImportError as problem:
        raise EngineError("package_missing", f"{problem}; install it with: pip install gguf") from None
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
        limits = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
        words = (folder / "vocab.txt").read_text("utf-8").splitlines()
        tensors = read_safetensors(folder / WEIGHTS)
    except FileNotFoundError as problem:
        raise EngineError("model_missing", f"{problem.filename} is missing; is {folder} a sentence model?") from None
    except ValueError:
        raise EngineError("model_truncated", f"a file in {folder} is damaged; get it again") from None
    if config.get("model_type") != "bert" or not pooling.get("pooling_mode_mean_tokens"):
        raise EngineError("model_unsupported", "only BERT models that average their tokens can be converted")
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        writer = gguf.GGUFWriter(draft, "bert")
        writer.add_name(name)
        # What the model was made for may be less than it has positions for.
        writer.add_uint32(WINDOW_KEY, limits.get("max_seq_length") or config["max_position_embeddings"])
        _add_shape(writer, config)
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.MEAN)
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
        _add_words(writer, words, config)
        for name, tensor in _renamed(tensors).items():
            writer.add_tensor(name, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def read_safetensors(path: Path) -> dict[str, Array]:
    """Arrays of a safetensors file by name. Raises EngineError ``model_truncated`` or
    ``model_unsupported``."""
    size = path.stat().st_size
    broken = EngineError("model_truncated", f"{path} is no whole safetensors file; get it again")
    with path.open("rb") as file:
        head = file.read(8)
        length = unpack("<Q", head)[0] if len(head) == 8 else size
        if 8 + length > size or length > _MAX_HEADER:
            raise broken
        try:
            header: dict[str, Any] = json.loads(file.read(length))
        except ValueError:
            raise broken from None
    header.pop("__metadata__", None)
    found: dict[str, Array] = {}
    for name, entry in header.items():
        if entry["dtype"] not in _TYPES:
            raise EngineError("model_unsupported", f"{path} has numbers of the kind {entry['dtype']}")
        begin, end = entry["data_offsets"]
        if 8 + length + end > size:
            raise broken
        kind = np.dtype(_TYPES[entry["dtype"]])
        flat = np.fromfile(path, kind, (end - begin) // kind.itemsize, offset=8 + length + begin)
        found[name] = flat.reshape(entry["shape"])
    return found


def _renamed(tensors: dict[str, Array]) -> dict[str, Array]:
    named: dict[str, Array] = {}
    for name, tensor in tensors.items():
        ours = _name(name.removeprefix("bert."))
        if ours is None:
            continue
        # Rows that are looked up and added, and all that is no matrix, keep their precision: they are small.
        exact = tensor.ndim == 1 or ours.startswith(("position_embd", "token_types"))
        named[ours] = np.ascontiguousarray(tensor, np.float32 if exact else np.float16)
    return named


def _name(name: str) -> str | None:
    """GGUF's name of a tensor; None for one that takes no part in a sentence's vector."""
    if name in _NAMES:
        return _NAMES[name]
    stem, _, kind = name.rpartition(".")
    if stem in _NAMES:
        return f"{_NAMES[stem]}.{kind}"
    parts = stem.split(".", 3)
    if parts[:2] == ["encoder", "layer"] and len(parts) == 4 and parts[3] in _LAYER_NAMES:
        return f"blk.{parts[2]}.{_LAYER_NAMES[parts[3]]}.{kind}"
    return None


def _add_shape(writer: Any, config: dict[str, Any]) -> None:
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])


def _add_words(writer: Any, words: list[str], config: dict[str, Any]) -> None:
    import gguf

    control = {word for word in words if word.startswith("[") and word.endswith("]") and len(word) > 2}
    kinds = [gguf.TokenType.CONTROL if word in control else gguf.TokenType.NORMAL for word in words]
    writer.add_token_type_count(config.get("type_vocab_size", 1))
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("bert")
    writer.add_token_list([word if word in control else _phantom(word) for word in words])
    writer.add_token_types(kinds)
    for key, word in _SPECIAL.items():
        if word in control:
            writer.add_uint32(f"tokenizer.ggml.{key}_token_id", words.index(word))


def _phantom(word: str) -> str:
    return word.removeprefix("##") if word.startswith("##") else PHANTOM_SPACE + word


def main() -> int:
    """Exit code 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(description="Makes a GGUF of a BERT sentence model.")
    parser.add_argument("folder", type=Path, help="the model as sentence-transformers lays it out")
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--name", default="all-MiniLM-L6-v2", help="what the model calls itself (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        convert(arguments.folder, arguments.out, arguments.name)
    except EngineError as problem:
        print(problem.detail, file=sys.stderr)
        return 1
    print(f"wrote {arguments.out}, {arguments.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
