"""What the site weighs: ``python -m bench.memory``. Proportional memory (PSS) of the process that ``make run`` starts,
idle and with 32 answers streaming through it. Prints ``name value unit`` lines.
"""

import asyncio
import os

import psutil

from bench.load import Script
from bench.relay import ask_all, connected, prepare, say
from tests.services.site import LiveSite

STREAMS = 32
TOKENS = 300
PACE = 0.02


def pss(pid: int) -> float:
    """MB of the process and its children, shared pages counted by their share."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(process.memory_full_info().pss for process in processes) / 1e6


async def under_load(site: LiveSite, prepared: tuple[list[tuple[str, object]], bytes, bytes]) -> list[float]:
    """PSS twice a second while all streams run."""
    weights: list[float] = []
    async with connected(site, prepared) as (node, pages):  # type: ignore[arg-type]
        node.script = Script(TOKENS, PACE)
        answers = asyncio.create_task(ask_all(pages))
        while not answers.done():
            weights.append(pss(site.program.pid))
            await asyncio.wait([answers], timeout=0.5)
        await answers
    return weights


def main() -> None:
    site = LiveSite(QUEUE_MAX_WAITING="1000").prepare()
    os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
    import django

    django.setup()
    from django.db import connections

    prepared = prepare(STREAMS)
    connections.close_all()
    site.start()
    try:
        say("memory.idle", pss(site.program.pid), "MB")
        weights = asyncio.run(under_load(site, prepared))  # type: ignore[arg-type]
        say(f"memory.streams_{STREAMS}", max(weights), "MB")
        say("memory.idle_after", pss(site.program.pid), "MB")
    finally:
        site.end()


if __name__ == "__main__":
    main()
