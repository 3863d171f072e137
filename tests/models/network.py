"""The Llama architecture in a page of torch, its weights named and laid out as GGUF names them.

Rotary positions turn neighbouring dimensions in pairs, as llama.cpp does for this architecture, so the weights
need no permutation on the way out.
"""

import torch
from torch.nn.functional import embedding, linear, rms_norm, scaled_dot_product_attention, silu

DIM = 128
LAYERS = 4
HEADS = 4
HEAD_DIM = DIM // HEADS
FEED_FORWARD = 352
ROPE_BASE = 10_000.0
NORM_EPSILON = 1e-5

Weights = dict[str, torch.Tensor]


def initial_weights(vocabulary: int, seed: int) -> Weights:
    """Fresh weights (rows x columns = outputs x inputs), the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) * scale * columns**-0.5

    weights: Weights = {
        "token_embd.weight": matrix(vocabulary, DIM),
        "output_norm.weight": torch.ones(DIM),
        "output.weight": matrix(vocabulary, DIM),
    }
    # The matrices that write to the residual stream start small, so that depth does not make it grow.
    small = (2 * LAYERS) ** -0.5
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        weights[block + "attn_norm.weight"] = torch.ones(DIM)
        weights[block + "attn_q.weight"] = matrix(DIM, DIM)
        weights[block + "attn_k.weight"] = matrix(DIM, DIM)
        weights[block + "attn_v.weight"] = matrix(DIM, DIM)
        weights[block + "attn_output.weight"] = matrix(DIM, DIM, small)
        weights[block + "ffn_norm.weight"] = torch.ones(DIM)
        weights[block + "ffn_gate.weight"] = matrix(FEED_FORWARD, DIM)
        weights[block + "ffn_up.weight"] = matrix(FEED_FORWARD, DIM)
        weights[block + "ffn_down.weight"] = matrix(DIM, FEED_FORWARD, small)
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


def _rotation(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    frequencies = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2) / HEAD_DIM)
    angles = torch.outer(torch.arange(length), frequencies)
    return angles.cos(), angles.sin()


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def hidden_states(weights: Weights, tokens: torch.Tensor) -> torch.Tensor:
    """Tokens (batch x length) to normed states (batch x length x DIM); logits are these times ``output.weight``."""
    batch, length = tokens.shape
    cos, sin = _rotation(length)
    stream = embedding(tokens, weights["token_embd.weight"])
    for layer in range(LAYERS):
        block = f"blk.{layer}."

        def project(states: torch.Tensor, name: str, block: str = block) -> torch.Tensor:
            return linear(states, weights[f"{block}{name}.weight"])

        def heads(states: torch.Tensor) -> torch.Tensor:
            return states.view(batch, length, HEADS, HEAD_DIM).transpose(1, 2)

        normed = rms_norm(stream, (DIM,), weights[block + "attn_norm.weight"], NORM_EPSILON)
        query = _rotate(heads(project(normed, "attn_q")), cos, sin)
        key = _rotate(heads(project(normed, "attn_k")), cos, sin)
        mixed = scaled_dot_product_attention(query, key, heads(project(normed, "attn_v")), is_causal=True)
        stream = stream + project(mixed.transpose(1, 2).reshape(batch, length, DIM), "attn_output")
        normed = rms_norm(stream, (DIM,), weights[block + "ffn_norm.weight"], NORM_EPSILON)
        gated = silu(project(normed, "ffn_gate")) * project(normed, "ffn_up")
        stream = stream + project(gated, "ffn_down")
    return rms_norm(stream, (DIM,), weights["output_norm.weight"], NORM_EPSILON)
