"""Weights, tokenizer and chat template written as one GGUF file with the ``gguf`` package.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

from tests.models.corpus import CHAT_TEMPLATE, CONTEXT_LENGTH
from tests.models.network import NORM_EPSILON, ROPE_BASE, TINY, Shape
from tests.models.samples import END_OF_TEXT_ID, IM_END_ID, SPECIAL_TOKENS, VOCABULARY, byte_characters


def _add_tokenizer(writer: gguf.GGUFWriter) -> None:
    characters = byte_characters()
    kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(SPECIAL_TOKENS)
    writer.add_tokenizer_model("gpt2")
    # This pre-tokenizer, unlike the default, does not remove spaces before punctuation on the way back to text.
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*characters, *SPECIAL_TOKENS])
    writer.add_token_types(kinds)
    # llama.cpp refuses a vocabulary without merges. This one has no token to its name, so it falls back to bytes.
    writer.add_token_merges([f"{characters[0]} {characters[0]}"])
    writer.add_bos_token_id(END_OF_TEXT_ID)
    writer.add_eos_token_id(IM_END_ID)
    writer.add_eot_token_id(IM_END_ID)
    writer.add_pad_token_id(END_OF_TEXT_ID)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


Arrays = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def read_weights(path: Path) -> Arrays:
    """The weights of a file written by ``write_gguf``, as near as Q8_0 keeps them."""
    return {tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in gguf.GGUFReader(path).tensors}


def write_gguf(
    path: Path,
    weights: Arrays,
    shape: Shape = TINY,
    name: str = "MeatLizard tiny test model",
    context: int = CONTEXT_LENGTH,
) -> None:
    """Matrices as Q8_0, norms as F32; ``path`` is replaced."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(context)
    writer.add_embedding_length(shape.dim)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_tokenizer(writer)
    for name, tensor in weights.items():
        if tensor.ndim == 1:
            writer.add_tensor(name, tensor)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
