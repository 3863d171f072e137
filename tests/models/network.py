"""The Llama architecture in a page of torch, its weights named and laid out as GGUF names them.

Rotary positions turn neighbouring dimensions in pairs, as llama.cpp does for this architecture, so the weights
need no permutation on the way out.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import embedding, linear, rms_norm, scaled_dot_product_attention, silu


@dataclass(frozen=True)
class Shape:
    """Sizes of a model."""

    dim: int
    layers: int
    heads: int
    feed_forward: int

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads


TINY = Shape(dim=128, layers=4, heads=4, feed_forward=352)
ROPE_BASE = 10_000.0
NORM_EPSILON = 1e-5

Weights = dict[str, torch.Tensor]


def initial_weights(vocabulary: int, seed: int, shape: Shape = TINY) -> Weights:
    """Fresh weights (rows x columns = outputs x inputs), the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) * scale * columns**-0.5

    weights: Weights = {
        "token_embd.weight": matrix(vocabulary, shape.dim),
        "output_norm.weight": torch.ones(shape.dim),
        "output.weight": matrix(vocabulary, shape.dim),
    }
    # The matrices that write to the residual stream start small, so that depth does not make it grow.
    small = (2 * shape.layers) ** -0.5
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        weights[block + "attn_norm.weight"] = torch.ones(shape.dim)
        weights[block + "attn_q.weight"] = matrix(shape.dim, shape.dim)
        weights[block + "attn_k.weight"] = matrix(shape.dim, shape.dim)
        weights[block + "attn_v.weight"] = matrix(shape.dim, shape.dim)
        weights[block + "attn_output.weight"] = matrix(shape.dim, shape.dim, small)
        weights[block + "ffn_norm.weight"] = torch.ones(shape.dim)
        weights[block + "ffn_gate.weight"] = matrix(shape.feed_forward, shape.dim)
        weights[block + "ffn_up.weight"] = matrix(shape.feed_forward, shape.dim)
        weights[block + "ffn_down.weight"] = matrix(shape.dim, shape.feed_forward, small)
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


def _rotation(length: int, shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    frequencies = ROPE_BASE ** (-torch.arange(0, shape.head_dim, 2) / shape.head_dim)
    angles = torch.outer(torch.arange(length), frequencies)
    return angles.cos(), angles.sin()


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def hidden_states(weights: Weights, tokens: torch.Tensor) -> torch.Tensor:
    """Tokens (batch x length) to normed states (batch x length x dim); logits are these times ``output.weight``."""
    return states_of(weights, embedding(tokens, weights["token_embd.weight"]), TINY)


def states_of(weights: Weights, stream: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Embeddings (batch x length x dim), of tokens or of what a model sees, to normed states of the same size."""
    batch, length, _ = stream.shape
    cos, sin = _rotation(length, shape)
    for layer in range(shape.layers):
        block = f"blk.{layer}."

        def project(states: torch.Tensor, name: str, block: str = block) -> torch.Tensor:
            return linear(states, weights[f"{block}{name}.weight"])

        def heads(states: torch.Tensor) -> torch.Tensor:
            return states.view(batch, length, shape.heads, shape.head_dim).transpose(1, 2)

        normed = rms_norm(stream, (shape.dim,), weights[block + "attn_norm.weight"], NORM_EPSILON)
        query = _rotate(heads(project(normed, "attn_q")), cos, sin)
        key = _rotate(heads(project(normed, "attn_k")), cos, sin)
        mixed = scaled_dot_product_attention(query, key, heads(project(normed, "attn_v")), is_causal=True)
        stream = stream + project(mixed.transpose(1, 2).reshape(batch, length, shape.dim), "attn_output")
        normed = rms_norm(stream, (shape.dim,), weights[block + "ffn_norm.weight"], NORM_EPSILON)
        gated = silu(project(normed, "ffn_gate")) * project(normed, "ffn_up")
        stream = stream + project(gated, "ffn_down")
    return rms_norm(stream, (shape.dim,), weights["output_norm.weight"], NORM_EPSILON)
