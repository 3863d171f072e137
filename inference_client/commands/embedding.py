"""``embed``: an embedding model for one other program of this machine, over standard input and output. No site, no link, no key.

A line of input is a JSON list of texts, a line of output the list of their vectors (base64 of 32-bit floats, little-endian), or
``{"error": "..."}``. The first line of output is ``{"ready": true}``. The program ends with its input.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from inference_client import download
from inference_client.commands.terminal import Commands, at_least, progress_bar
from inference_client.config import EMBEDDING
from inference_client.engines.base import EmbedJob, EngineError, Error, Event, Vectors
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.problems import Exit, Problem
from inference_client.state import Home

GENTLE = 10
"""Niceness: whoever asked serves people meanwhile."""


def register(commands: Commands) -> None:
    """Adds it to the command line."""
    embed = commands.add_parser(
        "embed", help="turn texts into vectors for another program, over standard input and output"
    )
    embed.add_argument("--folder", type=Path, required=True, help="where the model is, or is downloaded to")
    embed.add_argument("--model", type=Path, help="another GGUF file instead")
    embed.add_argument("--fetch", action="store_true", help="download the model (46 MB), or go on with that, and end")
    embed.add_argument("--threads", type=at_least(1), default=1, help="processor threads (default: 1)")
    embed.set_defaults(command=_embed)


def _embed(options: argparse.Namespace, home: Home) -> Exit:
    repo, file = EMBEDDING
    path = options.model or download.place(repo, file, options.folder)
    if options.fetch:
        with progress_bar(file) as report:
            download.fetch(repo, file, options.folder, report)
        return Exit.OK
    if not path.is_file():
        raise Problem("model_missing", f"{path} is not there; fetch it with --fetch", Exit.MODEL)
    with suppress(OSError):
        os.nice(GENTLE)
    spec = ModelSpec(path, "vectors", kind="embedding", threads=options.threads, gpu_layers=0)
    asyncio.run(_serve(LlamaCppEngine(spec)))
    return Exit.OK


async def _serve(engine: LlamaCppEngine) -> None:
    try:
        await engine.start()
    except EngineError as error:
        raise Problem(error.code, error.detail, Exit.MODEL) from None
    try:
        steps = engine.steps()
        _say({"ready": True})
        run = 0
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            run += 1
            engine.submit(EmbedJob(run, "vectors", tuple(json.loads(line))))
            _say(await _outcome(steps, run))
    finally:
        await engine.stop()


async def _outcome(steps: Any, run: int) -> Any:
    async for events in steps:
        for event in events:
            if (said := _of(event, run)) is not None:
                return said
    return {"error": "the engine has ended"}


def _of(event: Event, run: int) -> Any:
    if isinstance(event, Vectors) and event.run == run:
        return [base64.b64encode(vector).decode() for vector in event.vectors]
    if isinstance(event, Error) and event.run == run:
        return {"error": event.detail}
    return None


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
