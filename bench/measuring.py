"""What measuring costs beside what is measured: ``python -m bench.measuring``.

Prints ``name value unit`` lines. ``measuring_share`` is of the processor time that the relay may take for a request (the goal is 4 ms), for all
that one answer adds to: its end, its tokens, its times, and a statement of the database as often as an answer makes one.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from meatlizard.metrics.registry import Registry

GOAL_SECONDS = 0.004
STATEMENTS = 25
"""More than one question with its answer makes."""

COUNTERS, OBSERVATIONS = 5, 5
ROUNDS, TIMES = 9, 20_000


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.4f} {unit}", flush=True)


def seconds_of(verb: Callable[[], Any]) -> float:
    """Of one call: the best of several rounds, for the machine is shared."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            verb()
        best = min(best, time.process_time() - began)
    return best / TIMES


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meatlizard.settings")
    import django

    django.setup()
    from meatlizard.metrics import own, traffic

    registry = Registry()
    counter = registry.counter("bench_total", "", ("purpose", "route", "model", "outcome"))
    histogram = registry.histogram("bench_seconds", "", ("model",))
    add = seconds_of(lambda: counter.add("answer", "", "qwen3-8b", "done"))
    observe = seconds_of(lambda: histogram.observe(0.7, "qwen3-8b"))
    bare = seconds_of(lambda: nothing("", (), False, {}))
    statement = seconds_of(lambda: own._timed(nothing, "", (), False, {})) - bare
    request = asyncio.run(asgi(traffic.Measured(answer))) - asyncio.run(asgi(answer))
    say("counter_add", add * 1e6, "us")
    say("histogram_observe", observe * 1e6, "us")
    say("statement_timed", statement * 1e6, "us")
    say("request_measured", request * 1e6, "us")
    whole = COUNTERS * add + OBSERVATIONS * observe + STATEMENTS * statement + request
    say("measuring_an_answer", whole * 1e6, "us")
    say("measuring_share", 100 * whole / GOAL_SECONDS, "percent")


def nothing(sql: str, params: Any, many: bool, context: dict[str, Any]) -> None:
    pass


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b""})


async def asgi(app: Any) -> float:
    async def send(message: dict[str, Any]) -> None:
        pass

    best = float("inf")
    scope = {"path": "/chat/"}
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            await app(scope, None, send)
        best = min(best, time.process_time() - began)
    return best / TIMES


if __name__ == "__main__":
    main()
