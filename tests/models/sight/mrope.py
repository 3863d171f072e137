"""A pair of random weights of the Qwen2-VL family, which counts an image's rows and columns apart: an image of 20 tokens moves
what follows on by 5 positions. Its answers are senseless and always the same, so they show whether it was read right.
"""

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.models.corpus import CHAT_TEMPLATE, IM_END, IM_START
from tests.models.samples import END_OF_TEXT_ID, IM_END_ID, SPECIAL_TOKENS, VOCABULARY, byte_characters

DIM, FEED_FORWARD, LAYERS, HEADS = 64, 96, 2, 2
EYE, PATCH, SIDE = 32, 4, 32
CONTEXT = 512

Array = np.ndarray[Any, np.dtype[np.float32]]


def prompt(question: str, marker: str) -> str:
    """Of one message with one image, as the chat template makes it."""
    return f"{IM_START}user\n{marker}{question}{IM_END}\n{IM_START}assistant\n"


def write_pair(folder: Path, seed: int = 5) -> tuple[Path, Path]:
    """(language model, eye), written to ``folder``."""
    rng = np.random.default_rng(seed)
    model, eye = folder / "mrope.gguf", folder / "mrope-mmproj.gguf"
    _write_model(gguf.GGUFWriter(model, "qwen2vl"), rng)
    _write_eye(gguf.GGUFWriter(eye, "clip"), rng)
    return model, eye


def _matrix(rng: np.random.Generator, *shape: int) -> Array:
    return (rng.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)


def _close(writer: gguf.GGUFWriter, tensors: dict[str, Array]) -> None:
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_model(writer: gguf.GGUFWriter, rng: np.random.Generator) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_sections([4, 6, 6, 0])
    writer.add_vocab_size(VOCABULARY)
    characters = byte_characters()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*characters, *SPECIAL_TOKENS])
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(SPECIAL_TOKENS))
    writer.add_token_merges([f"{characters[0]} {characters[0]}"])
    writer.add_bos_token_id(END_OF_TEXT_ID)
    writer.add_eos_token_id(IM_END_ID)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    # It writes letters and signs only, so that each token is a character, and never ends by itself: what is always 0 is never
    # the greatest of so many.
    output = _matrix(rng, VOCABULARY, DIM)
    output[:32] = output[127:] = 0
    tensors = {
        "token_embd.weight": _matrix(rng, VOCABULARY, DIM) * 8,
        "output_norm.weight": np.ones(DIM, np.float32),
        "output.weight": output,
    }
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v"):
            tensors[f"{block}{name}.weight"] = _matrix(rng, DIM, DIM) * 2
            tensors[f"{block}{name}.bias"] = np.zeros(DIM, np.float32)
        tensors |= {
            f"{block}attn_norm.weight": np.ones(DIM, np.float32),
            f"{block}attn_output.weight": _matrix(rng, DIM, DIM),
            f"{block}ffn_norm.weight": np.ones(DIM, np.float32),
            f"{block}ffn_gate.weight": _matrix(rng, FEED_FORWARD, DIM),
            f"{block}ffn_up.weight": _matrix(rng, FEED_FORWARD, DIM),
            f"{block}ffn_down.weight": _matrix(rng, DIM, FEED_FORWARD),
        }
    _close(writer, tensors)


def _write_eye(writer: gguf.GGUFWriter, rng: np.random.Generator) -> None:
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen2vl_merger")
    writer.add_vision_projection_dim(DIM)
    writer.add_vision_image_size(SIDE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(EYE)
    writer.add_vision_feed_forward_length(EYE)
    writer.add_vision_block_count(1)
    writer.add_vision_head_count(1)
    writer.add_vision_attention_layernorm_eps(1e-5)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    tensors = {
        "v.patch_embd.weight": _matrix(rng, EYE, 3, PATCH, PATCH),
        "v.patch_embd.weight.1": _matrix(rng, EYE, 3, PATCH, PATCH),
        "v.post_ln.weight": np.ones(EYE, np.float32),
        "v.post_ln.bias": np.zeros(EYE, np.float32),
        "mm.0.weight": _matrix(rng, DIM, 4 * EYE),
        "mm.0.bias": np.zeros(DIM, np.float32),
        "mm.2.weight": _matrix(rng, DIM, DIM) * 8,
        "mm.2.bias": np.zeros(DIM, np.float32),
    }
    for name in ("attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down"):
        tensors[f"v.blk.0.{name}.weight"] = _matrix(rng, EYE, EYE)
        tensors[f"v.blk.0.{name}.bias"] = np.zeros(EYE, np.float32)
    for name in ("ln1", "ln2"):
        tensors[f"v.blk.0.{name}.weight"] = np.ones(EYE, np.float32)
        tensors[f"v.blk.0.{name}.bias"] = np.zeros(EYE, np.float32)
    _close(writer, tensors)
