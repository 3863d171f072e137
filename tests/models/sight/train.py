"""Train the tiny model that sees and write both its files: ``python -m tests.models.sight.train``.

One thread and one seed. The eye is what llama.cpp calls a LLaVA projector: patches through one matrix, plus a position, then
two matrices with GELU between them. Its transformer has one block, which llama.cpp skips by design, so none is trained.
"""

import argparse
import random
import time
from pathlib import Path

import gguf
import torch
from torch.nn.functional import embedding, gelu, linear

from tests.models.export import write_gguf
from tests.models.network import Shape, Weights, initial_weights, states_of
from tests.models.samples import END_OF_TEXT_ID, VOCABULARY, Sample
from tests.models.sight.corpus import (
    AGAIN,
    ANY_TIME,
    COLOURS,
    CONTEXT_LENGTH,
    FOLDER,
    ONE,
    PATCH,
    PATCHES,
    SIDE,
    TEXT_PAIRS,
    TWO,
    answer,
    answer_two,
)

SHAPE = Shape(dim=64, layers=2, heads=2, feed_forward=160)
EYE = 32
"""Width of the eye before its projection."""

ROWS = 24
"""Conversations in a batch."""

RATE = 0.004
STEPS = 2600
NOISE = 0.12
"""Deviation of a pixel from its colour, of 2 between black and white."""


class Drawing(Sample):
    """A conversation with images: their halves' colours, and where their tokens begin."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[tuple[str, str]] = []
        self.places: list[int] = []

    def turn(self, question: str, reply: str, *images: tuple[str, str]) -> None:
        start = len(self.tokens)
        self.message("user", question)
        # The images stand before the question, after the line that names the role.
        at = start + len("user") + 2
        blank = [0] * (PATCHES * len(images))
        self.tokens[at:at] = blank
        self.learn[at:at] = [False] * len(blank)
        self.images += images
        self.places += [at + number * PATCHES for number in range(len(images))]
        self.answer(reply)


def draw(rng: random.Random) -> Drawing:
    """One to four turns."""
    drawn = Drawing()
    names = list(COLOURS)
    last = ""
    for turn in range(rng.choice((1, 1, 2, 3, 4))):
        kind = rng.random()
        if kind < 0.5:
            halves = (rng.choice(names), rng.choice(names)) if rng.random() < 0.6 else (rng.choice(names),) * 2
            last = answer(*halves)
            drawn.turn(ONE, last, halves)
        elif kind < 0.65:
            first, second = rng.choice(names), rng.choice(names)
            last = answer_two(first, second)
            drawn.turn(TWO, last, (first, first), (second, second))
        elif kind < 0.8 and last:
            drawn.turn(AGAIN, last)
        else:
            question = rng.choice(list(TEXT_PAIRS) if turn == 0 else ANY_TIME)
            drawn.turn(question, TEXT_PAIRS[question])
    return drawn


def eye_weights(seed: int) -> Weights:
    """Rows x columns = outputs x inputs; the inputs of a patch are its red, then its green, then its blue pixels."""
    generator = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) * columns**-0.5

    weights = {
        "v.patch_embd.weight": matrix(EYE, 3 * PATCH * PATCH),
        "v.position_embd.weight": matrix(PATCHES, EYE),
        "mm.0.weight": matrix(SHAPE.dim, EYE),
        "mm.0.bias": torch.zeros(SHAPE.dim),
        "mm.2.weight": matrix(SHAPE.dim, SHAPE.dim),
        "mm.2.bias": torch.zeros(SHAPE.dim),
    }
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


def seen(eye: Weights, images: list[tuple[str, str]], generator: torch.Generator) -> torch.Tensor:
    """What the eye makes of images with some noise: images x PATCHES x dim."""
    pixels = torch.empty(len(images), 3, SIDE, SIDE)
    for number, halves in enumerate(images):
        for half, name in enumerate(halves):
            colour = torch.tensor(COLOURS[name]) / 127.5 - 1
            pixels[number, :, half * SIDE // 2 : (half + 1) * SIDE // 2] = colour[:, None, None]
    shift = torch.randn(len(images), 3, 1, 1, generator=generator) * NOISE / 2
    pixels = (pixels + shift + torch.randn(pixels.shape, generator=generator) * NOISE).clamp(-1, 1)
    grid = SIDE // PATCH
    patches = (
        pixels.view(-1, 3, grid, PATCH, grid, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(-1, PATCHES, 3 * PATCH * PATCH)
    )
    states = linear(patches, eye["v.patch_embd.weight"]) + eye["v.position_embd.weight"]
    hidden = gelu(linear(states, eye["mm.0.weight"], eye["mm.0.bias"]), approximate="tanh")
    return linear(hidden, eye["mm.2.weight"], eye["mm.2.bias"])


def loss_and_misses(
    weights: Weights, eye: Weights, batch: list[Drawing], generator: torch.Generator
) -> tuple[torch.Tensor, int]:
    """Mean cross-entropy in nats over the tokens to learn, and how many of them were not the first choice."""
    length = max(len(drawn.tokens) for drawn in batch)
    tokens = torch.full((len(batch), length), END_OF_TEXT_ID)
    learn = torch.zeros((len(batch), length), dtype=torch.bool)
    for row, drawn in enumerate(batch):
        tokens[row, : len(drawn.tokens)] = torch.tensor(drawn.tokens)
        learn[row, : len(drawn.tokens)] = torch.tensor(drawn.learn)
    stream = embedding(tokens, weights["token_embd.weight"])
    images = [halves for drawn in batch for halves in drawn.images]
    if images:
        rows = torch.tensor([row for row, drawn in enumerate(batch) for _ in drawn.places]).repeat_interleave(PATCHES)
        starts = torch.tensor([place for drawn in batch for place in drawn.places])
        columns = (starts[:, None] + torch.arange(PATCHES)).flatten()
        stream = stream.index_put((rows, columns), seen(eye, images, generator).flatten(0, 1))
    states = states_of(weights, stream[:, :-1], SHAPE)[learn[:, 1:]]
    logits = states @ weights["output.weight"].T
    targets = tokens[:, 1:][learn[:, 1:]]
    return torch.nn.functional.cross_entropy(logits, targets), int((logits.argmax(-1) != targets).sum())


def train(weights: Weights, eye: Weights, steps: int, seed: int) -> None:
    """Prints the loss as it goes."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW([*weights.values(), *eye.values()], lr=RATE, betas=(0.9, 0.95), weight_decay=0.01)
    started = time.monotonic()
    for step in range(steps):
        loss, misses = loss_and_misses(weights, eye, [draw(rng) for _ in range(ROWS)], generator)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, (step + 1) / 50, (steps - step) / (steps * 0.6))
        optimizer.step()
        if step % 100 == 99 or step == steps - 1:
            elapsed = time.monotonic() - started
            print(f"step {step + 1} loss {loss.item():.4f} misses {misses} seconds {elapsed:.0f}", flush=True)


def write_eye(path: Path, eye: Weights) -> None:
    """As F32; ``path`` is replaced."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_name("MeatLizard tiny test eye")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("mlp")
    writer.add_vision_use_gelu(True)
    writer.add_vision_projection_dim(SHAPE.dim)
    writer.add_vision_image_size(SIDE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(EYE)
    writer.add_vision_feed_forward_length(EYE)
    writer.add_vision_block_count(1)
    writer.add_vision_head_count(1)
    writer.add_vision_attention_layernorm_eps(1e-5)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    arrays = {name: tensor.detach().numpy() for name, tensor in eye.items()}
    arrays["v.patch_embd.weight"] = arrays["v.patch_embd.weight"].reshape(EYE, 3, PATCH, PATCH)
    # llama.cpp asks for these of the block that it then skips.
    for name in ("attn_out", "ffn_up", "ffn_down"):
        arrays[f"v.blk.0.{name}.weight"] = torch.zeros(EYE, EYE).numpy()
    for name, array in arrays.items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    weights, eye = initial_weights(VOCABULARY, arguments.seed, SHAPE), eye_weights(arguments.seed)
    train(weights, eye, arguments.steps, arguments.seed)
    arrays = {name: tensor.detach().numpy() for name, tensor in weights.items()}
    write_gguf(arguments.out / "sight.gguf", arrays, SHAPE, "MeatLizard tiny test model that sees", CONTEXT_LENGTH)
    write_eye(arguments.out / "sight-mmproj.gguf", eye)
    for path in (arguments.out / "sight.gguf", arguments.out / "sight-mmproj.gguf"):
        print(f"wrote {path}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
