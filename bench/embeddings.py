"""Vectors of all-MiniLM-L6-v2: how near they are to sentence-transformers', and how many sentences a second.

    python -m bench.embeddings [--reference PYTHON] [--threads N] [--seconds S]

``--reference`` names the interpreter of an environment that has sentence-transformers; it then works on the same texts, on as
many threads, in turns with ours. Without it, the cosine is against the vectors kept with the tests.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference_client.engines.base import EmbedJob, Error, Vectors
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from tests.models.minilm import REFERENCE, converted, texts, weights

ROUNDS = 5
SIDE = """
import json, sys, time
import torch
torch.set_num_threads(int(sys.argv[2]))
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.loads(sys.stdin.readline())
vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
print(json.dumps(vectors.tolist()), flush=True)
for line in sys.stdin:
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(line):
        model.encode(texts, normalize_embeddings=True, batch_size=100, show_progress_bar=False)
        count += len(texts)
    print(count / (time.perf_counter() - started), flush=True)
"""
"""The other side: vectors first, then a rate for each line that asks for seconds."""


class Ours:
    """The engine, asked for 100 texts at a time as the site asks."""

    def __init__(self, engine: LlamaCppEngine) -> None:
        self._engine = engine
        self._steps = engine.steps()
        self._run = 0

    async def vectors(self, asked: tuple[str, ...]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        self._run += 1
        self._engine.submit(EmbedJob(self._run, "minilm", asked))
        async for events in self._steps:
            for event in events:
                if isinstance(event, Error):
                    raise SystemExit(event.detail)
                if isinstance(event, Vectors):
                    return np.stack([np.frombuffer(vector, "<f4") for vector in event.vectors])
        raise SystemExit("the engine ended")

    async def rate(self, asked: tuple[str, ...], seconds: float) -> float:
        """Sentences a second."""
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            await self.vectors(asked)
            count += len(asked)
        return count / (time.perf_counter() - started)


def other_side(python: str, folder: Path, threads: int) -> tuple[Callable[[str], str], "subprocess.Popen[str]"]:
    """(ask a line and read the answer, process)."""
    # One thread means one: both libraries read this when they are loaded.
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    child = subprocess.Popen(
        [python, "-c", SIDE, str(folder), str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip

    def ask(line: str) -> str:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(line + "\n")
        child.stdin.flush()
        answer = child.stdout.readline()
        if not answer:
            raise SystemExit(f"{python} cannot run sentence-transformers")
        return answer

    return ask, child


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", metavar="PYTHON", help="interpreter with sentence-transformers")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    arguments = parser.parse_args()
    folder = weights()
    if folder is None:
        print("# bench.embeddings: the weights are not installed (make test installs them)", file=sys.stderr)
        return 0
    asked = texts()[:100]
    spec = ModelSpec(converted(folder), "minilm", kind="embedding", threads=arguments.threads)
    engine = LlamaCppEngine(spec)
    await engine.start()
    ours, child = Ours(engine), None
    try:
        vectors = await ours.vectors(asked)
        known = np.load(REFERENCE)[:100].astype(np.float32)
        if arguments.reference:
            ask, child = other_side(arguments.reference, folder, arguments.threads)
            known = np.array(json.loads(await asyncio.to_thread(ask, json.dumps(asked))), np.float32)
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(known, axis=1)
        cosines = np.sum(vectors * known, axis=1) / lengths
        print(f"embeddings.cosine_lowest_of_{len(asked)} {cosines.min():.6f} cosine")
        print(f"embeddings.cosine_median_of_{len(asked)} {np.median(cosines):.6f} cosine")
        rates: list[float] = []
        others: list[float] = []
        for _ in range(ROUNDS):
            rates.append(await ours.rate(asked, arguments.seconds))
            if child is not None:
                others.append(float(await asyncio.to_thread(ask, str(arguments.seconds))))
    finally:
        await engine.stop()
        if child is not None:
            child.kill()
            child.wait()
    print(f"embeddings.ours {statistics.median(rates):.0f} sentences/s")
    if others:
        print(f"embeddings.sentence_transformers {statistics.median(others):.0f} sentences/s")
        ratio = statistics.median(one / other for one, other in zip(rates, others, strict=True))
        print(f"embeddings.ours_to_sentence_transformers {ratio:.2f} ratio")
    print(f"embeddings.threads {arguments.threads} threads")
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
