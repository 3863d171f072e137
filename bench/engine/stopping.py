"""From Stop to the free slot: while answers are written, and in the middle of reading a long prompt."""

import asyncio
import random
import time
from statistics import median

from bench.engine.figures import percentile, say
from bench.engine.model import bench_model
from bench.engine.ours import Ours
from bench.engine.sides import Setting, user

SLOTS = 8
CONTEXT = 4096
LONG_PROMPT = 2_000
"""Tokens, seconds of reading for this model on one core."""

STEP_SECONDS = 0.2
"""What a step of the engine may take while it reads a prompt."""

STOP_SECONDS = 60.0
SEED = 7


async def run(quick: bool, threads: int) -> None:
    samples = 40 if quick else 200
    draw = random.Random(SEED)
    async with Ours(Setting(bench_model("q8_0"), SLOTS, CONTEXT, threads)) as ours:
        writing = [value for turn in range(samples // SLOTS) for value in await _writing(ours, draw, turn)]
        reading = [await _reading(ours, draw, number) for number in range(samples // 4)]
    for name, values in (("writing", writing), ("reading", reading)):
        say(f"stop.{name}.p50", median(values) * 1e3, "ms")
        say(f"stop.{name}.p95", percentile(values, 0.95) * 1e3, "ms", "< 1000")


async def _writing(ours: Ours, draw: random.Random, turn: int) -> list[float]:
    """Eight answers at once, each stopped after a number of tokens of chance."""

    async def one(number: int) -> float:
        run = ours.begin(user(f"{turn} {number}: what do lizards do?"), CONTEXT // 2)
        await ours.wrote(run, draw.randint(1, 60))
        return await _stopped(ours, run, draw)

    async with asyncio.timeout(STOP_SECONDS):
        return await asyncio.gather(*map(one, range(SLOTS)))


async def _reading(ours: Ours, draw: random.Random, number: int) -> float:
    """A long prompt beside a running answer, stopped at a moment of chance while it is read."""
    beside = ours.begin(user(f"{number}: what do lizards do?"), CONTEXT // 2)
    await ours.wrote(beside, 1)
    run = ours.begin(user(f"{number} " + "warm stone " * (LONG_PROMPT // 11)), 8)
    async with asyncio.timeout(STOP_SECONDS):
        await ours.read(run, draw.uniform(0.05, 0.5))
        taken = await _stopped(ours, run, draw)
        await _stopped(ours, beside, draw)
    return taken


async def _stopped(ours: Ours, run: int, draw: random.Random) -> float:
    # News come between two steps, people's wishes at any moment.
    await asyncio.sleep(draw.uniform(0, STEP_SECONDS))
    began = time.perf_counter()
    ours.engine.cancel(run)
    done = await ours.end(run)
    assert done.reason == "cancelled", f"it ended by itself ({done.reason})"
    return time.perf_counter() - began
