"""``estimate`` and ``bench``: what a model needs, and how fast it is here."""

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from inference_client import lineup, measure
from inference_client.commands.configuration import config_argument, configuration
from inference_client.commands.terminal import Commands, at_least
from inference_client.config import Model
from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import budget
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.local import need_of
from inference_client.problems import Exit, Problem
from inference_client.state import Home

SEQUENCES = (1, 2, 4, 8)


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    estimate = commands.add_parser("estimate", help="say how much memory a model needs, without loading it")
    _arguments(estimate)
    estimate.set_defaults(command=_estimate)

    bench = commands.add_parser("bench", help="measure prompt and generation tokens/s at 1, 2, 4 and 8 sequences")
    _arguments(bench)
    bench.add_argument("--tokens", type=at_least(1), default=64, help="tokens each sequence writes (default: 64)")
    bench.add_argument("--prompt", type=at_least(16), default=256, help="tokens each sequence reads (default: 256)")
    bench.add_argument("--gpu-layers", type=at_least(-1), help="layers on the GPU (default: all)")
    bench.add_argument("--threads", type=at_least(0), help="processor threads (default: llama.cpp's choice)")
    bench.set_defaults(command=_bench)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a GGUF file, or an alias of the configuration")
    config_argument(parser)
    parser.add_argument("--ctx", type=at_least(0), help="tokens of context of each answer, 0 for the model's own")
    parser.add_argument("--slots", type=at_least(1), help="answers written at the same time")


def _spec(options: argparse.Namespace, home: Home) -> ModelSpec:
    """Of the model that is named, with what the command line says. Raises Problem."""
    named = [model for model in configuration(options, home).model if model.alias == options.model]
    if named and named[0].upstream:
        message = f"{options.model} is a model of an upstream, which alone knows its memory and speed"
        raise Problem("model_missing", message, Exit.MODEL)
    model = named[0] if named else Model(alias="model", file=Path(options.model).absolute())
    spec = lineup.spec_of(model, home)
    changes = {"context": options.ctx, "slots": options.slots}
    changes |= {name: getattr(options, name, None) for name in ("gpu_layers", "threads")}
    return replace(spec, **{name: value for name, value in changes.items() if value is not None})


def _estimate(options: argparse.Namespace, home: Home) -> Exit:
    spec = _spec(options, home)
    try:
        need = need_of(spec)
    except EngineError as error:
        raise Problem(error.code, error.detail, Exit.MODEL) from None
    memory = budget.available()
    context = f"{spec.context} tokens" if spec.context else "the model's own context"
    beside = budget.spare(spec.cache_bytes, need, memory) if spec.kind == "chat" else 0
    print(f"weights               {budget.gib(need.weights)}")
    print(
        f"conversations         {budget.gib(need.cache)}  (KV cache, 16 bit, of {spec.slots} slots with {context} at most)"
    )
    print(f"working space         {budget.gib(need.work)}  (an estimate)")
    print(f"total                 {budget.gib(need.total)}")
    print(f"this machine          {budget.gib(memory) if memory is not None else 'does not tell its memory'}")
    try:
        budget.require(need, memory)
    except EngineError as error:
        print(f"It does not fit: {error.detail}")
        return Exit.MODEL
    if memory is not None:
        print(f"It fits. Up to {budget.gib(beside)} more keep conversations between their turns.")
    return Exit.OK


def _bench(options: argparse.Namespace, home: Home) -> Exit:
    spec = replace(_spec(options, home), slots=max(SEQUENCES), cache_bytes=0)
    if spec.kind != "chat":
        raise Problem("wrong_kind", "only models that answer are measured here", Exit.MODEL)
    room = options.prompt + options.tokens + measure.ROOM
    if options.ctx is None:
        spec = replace(spec, context=room)
    elif 0 < options.ctx < room:
        raise Problem("context_short", f"--ctx must be at least {room} for so many tokens", Exit.MODEL)
    try:
        asyncio.run(_measured(spec, options.prompt, options.tokens))
    except EngineError as error:
        raise Problem(error.code, error.detail, Exit.MODEL) from None
    return Exit.OK


async def _measured(spec: ModelSpec, prompt: int, tokens: int) -> None:
    """Raises EngineError."""
    print(f"{'sequences':>9}  {'prompt tokens/s':>15}  {'generation tokens/s':>19}  {'each':>7}")
    async for row in measure.rows(spec, SEQUENCES, prompt, tokens):
        speeds = (row.prompt, row.generation, row.generation / row.sequences if row.generation is not None else None)
        cells = [f"{speed:.1f}" if speed is not None else "unknown" for speed in speeds]
        print(f"{row.sequences:>9}  {cells[0]:>15}  {cells[1]:>19}  {cells[2]:>7}", flush=True)
