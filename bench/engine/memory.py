"""500 short requests after a warm-up: how much the client and its engine's child grow. In a process of its own."""

import asyncio
import os
import subprocess
import sys

from bench.engine.figures import pss, say
from bench.engine.ours import make_engine
from bench.engine.overhead import Client
from bench.engine.sides import Setting
from tests.models import MODEL_PATH, PLAIN_PAIRS

REQUESTS = 500
WARM_UP = 250
AT_ONCE = 4
CONTEXT = 512
TOKENS = 24


async def measure() -> None:
    engine = make_engine(Setting(MODEL_PATH, AT_ONCE, CONTEXT))
    await engine.start()
    try:
        client = Client(engine)
        await _answer(client, WARM_UP)
        child = engine.child_pid
        before = pss(os.getpid()), pss(child or 0)
        await _answer(client, REQUESTS)
        assert engine.child_pid == child, "the engine was started again meanwhile"
        after = pss(os.getpid()), pss(child or 0)
    finally:
        await engine.stop()
    for name, old, new in zip(("client", "child"), before, after, strict=True):
        say(f"memory.{name}", new / 2**20, "MiB")
        say(f"memory.{name}.growth", (new - old) / old * 100, "%")
    say("memory.growth", (sum(after) - sum(before)) / sum(before) * 100, "%", "< 2")


async def _answer(client: Client, requests: int) -> None:
    for number in range(0, requests, AT_ONCE):
        pairs = [PLAIN_PAIRS[(number + place) % len(PLAIN_PAIRS)] for place in range(AT_ONCE)]
        await client.answer([pair.question for pair in pairs], TOKENS)


async def run(quick: bool, threads: int) -> None:
    # Always whole: it takes seconds.
    await asyncio.to_thread(subprocess.run, [sys.executable, "-m", "bench.engine.memory"], check=True)


if __name__ == "__main__":
    asyncio.run(measure())
