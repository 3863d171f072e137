"""Train the tiny model on the corpus and write it as GGUF: ``python -m tests.models.train``.

One thread and one seed, so the same versions on the same kind of processor make the same file again.
"""

import argparse
import random
import time
from pathlib import Path

import torch

from tests.models.export import read_weights, write_gguf
from tests.models.network import Weights, hidden_states, initial_weights
from tests.models.samples import END_OF_TEXT_ID, VOCABULARY, Sample, batches

SEED = 20
STEPS = 1700
TOKENS_PER_STEP = 4096
MUON_RATE = 0.02
ADAM_RATE = 0.004
WARM_UP = 20
HELD = 0.3
"""Share of the steps at the full learning rate; then it falls in a line to nothing."""
RESUMED_RATE = 0.3
"""Share of the full learning rate at which a trained model takes in a small change of the corpus."""


def tensors(batch: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and learning marks, both batch x length, padded at the end."""
    length = max(len(sample.tokens) for sample in batch)
    tokens = torch.full((len(batch), length), END_OF_TEXT_ID)
    learn = torch.zeros((len(batch), length), dtype=torch.bool)
    for row, sample in enumerate(batch):
        tokens[row, : len(sample.tokens)] = torch.tensor(sample.tokens)
        learn[row, : len(sample.tokens)] = torch.tensor(sample.learn)
    return tokens, learn


def loss_and_misses(weights: Weights, batch: list[Sample]) -> tuple[torch.Tensor, int]:
    """Mean cross-entropy in nats over the tokens to learn, and how many of them were not the first choice."""
    tokens, learn = tensors(batch)
    states = hidden_states(weights, tokens[:, :-1])[learn[:, 1:]]
    logits = states @ weights["output.weight"].T
    targets = tokens[:, 1:][learn[:, 1:]]
    misses = int((logits.argmax(-1) != targets).sum())
    return torch.nn.functional.cross_entropy(logits, targets), misses


def train(weights: Weights, steps: int, seed: int, share: float) -> None:
    """Change the weights in ``steps`` batches at ``share`` of the learning rate; prints the loss as it goes."""
    rng = random.Random(seed)
    hidden = [tensor for name, tensor in weights.items() if name.startswith("blk.") and tensor.ndim == 2]
    others = [tensor for name, tensor in weights.items() if not (name.startswith("blk.") and tensor.ndim == 2)]
    optimizers = [
        torch.optim.Muon(hidden, lr=MUON_RATE, weight_decay=0.01),
        torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    rates = [MUON_RATE, ADAM_RATE]
    queue: list[list[Sample]] = []
    started = time.monotonic()
    for step in range(steps):
        queue = queue or batches(rng, TOKENS_PER_STEP)
        loss, misses = loss_and_misses(weights, queue.pop())
        loss.backward()
        scale = share * min(1.0, (step + 1) / WARM_UP, (steps - step) / (steps * (1 - HELD)))
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * scale
            optimizer.step()
            optimizer.zero_grad()
        if step % 20 == 19 or step == steps - 1:
            elapsed = time.monotonic() - started
            print(f"step {step + 1} loss {loss.item():.4f} misses {misses} seconds {elapsed:.0f}", flush=True)


def examine(weights: Weights, seed: int) -> None:
    """Print the mean loss and the misses over a new epoch of conversations that training did not see."""
    total, missed, count = 0.0, 0, 0
    with torch.no_grad():
        for batch in batches(random.Random(seed + 1), TOKENS_PER_STEP):
            loss, misses = loss_and_misses(weights, batch)
            learnt = sum(sum(sample.learn) for sample in batch)
            total, missed, count = total + loss.item() * learnt, missed + misses, count + learnt
    print(f"fresh conversations: loss {total / count:.5f}, {missed} misses in {count} tokens")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "tiny.gguf")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--resume", type=Path, help="start from this GGUF file, at a lower rate, not from nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    weights = initial_weights(VOCABULARY, arguments.seed)
    if arguments.resume:
        weights = {name: torch.tensor(array).requires_grad_() for name, array in read_weights(arguments.resume).items()}
    train(weights, arguments.steps, arguments.seed, RESUMED_RATE if arguments.resume else 1.0)
    print(f"parameters {sum(tensor.numel() for tensor in weights.values())}")
    examine(weights, arguments.seed)
    write_gguf(arguments.out, {name: tensor.detach().numpy() for name, tensor in weights.items()})
    print(f"wrote {arguments.out}, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
