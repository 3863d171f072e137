"""How long a whole site takes to get over the loss of each of its parts, and of two at once, under a load of people; and whether it loses anything.

``python -m bench.faults [--conversations 50] [--uploads 20] [--redirects 200] [--pairs] [--held 5]``. The parts run as in production: PostgreSQL, Redis,
an S3 store, two site processes behind the shipped nginx, a worker, a real inference client with the tiny model.

``told``: until the health page named it. ``recovered``: from the part's return until a question, an upload and a link that were begun after it
had been accepted. ``failed``: requests that were refused or cut meanwhile, none of which had been accepted. ``broken``: invariants that did not
hold in the end; each is printed.
"""

import argparse
import asyncio
import itertools
import time
from contextlib import ExitStack

from tests.faults.invariants import broken
from tests.faults.load import Load
from tests.faults.stage import Stage, set_up
from tests.faults.strikes import PARTS, strike, told, well
from tests.services.postgres import postgres_server
from tests.services.programs import wait_until
from tests.services.redis import redis_server
from tests.services.s3 import s3_server

WAYS = ("kill", "pause", "restart")
PATIENCE = 300
WITHOUT = {("store", "kill"), ("store", "restart")}
"""The store of the tests keeps everything in memory: a kill would be a loss of its disk."""


async def strike_under_load(stage: Stage, parts: tuple[str, ...], way: str, options: argparse.Namespace) -> None:
    name = f"{'+'.join(parts)}_{way}"
    killed: float | None = None
    async with Load(
        stage.front, stage.people, conversations=options.conversations, uploads=options.uploads, redirects=options.redirects,
        patience=PATIENCE,
    ) as load:  # fmt: skip
        await load.all_well(PATIENCE)
        before = {kind: len(count.failed) for kind, count in load.counts.items()}
        undo = [await asyncio.to_thread(strike, stage, part, way) for part in parts]
        if "site" in parts and way == "kill":
            killed = time.monotonic()
        seen = max([await asyncio.to_thread(told, stage, part) for part in parts if way != "restart"], default=0.0)
        await asyncio.sleep(options.held)
        for mend in undo:
            await asyncio.to_thread(mend)
        recovered = await load.all_well(PATIENCE)
    found = await asyncio.to_thread(broken, stage, load, killed)
    await asyncio.to_thread(wait_until, lambda: well(stage), "the health page says that all is well", 120)
    print(f"{name}_told {seen:.1f} s")
    print(f"{name}_recovered {recovered:.1f} s")
    for kind, count in load.counts.items():
        if count.accepted:
            print(f"{name}_{kind}s_accepted {len(count.accepted)} n")
            print(f"{name}_{kind}s_failed {len(count.failed) - before[kind]} n")
    print(f"{name}_broken {len(found)} n", flush=True)
    for one in found:
        print(f"# {one}", flush=True)


async def run(stage: Stage, options: argparse.Namespace) -> None:
    for part, way in itertools.product(PARTS, WAYS):
        if (part, way) not in WITHOUT:
            await strike_under_load(stage, (part,), way, options)
    if options.pairs:
        for pair in itertools.combinations(PARTS, 2):
            way = "pause" if "store" in pair else "kill"
            await strike_under_load(stage, pair, way, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=50)
    parser.add_argument("--uploads", type=int, default=20)
    parser.add_argument("--redirects", type=int, default=200)
    parser.add_argument("--held", type=float, default=5.0, help="seconds for which a part stays away")
    parser.add_argument("--pairs", action="store_true", help="two parts at once, too")
    options = parser.parse_args()
    with ExitStack() as life:
        postgres = life.enter_context(postgres_server(forgets=False))
        redis = life.enter_context(redis_server())
        store = life.enter_context(s3_server())
        store.empty()
        stage = life.enter_context(
            set_up(postgres, redis, "faults", people=max(options.conversations, options.uploads), s3=store)
        )
        asyncio.run(run(stage, options))


if __name__ == "__main__":
    main()
