"""The part of each long-running process that keeps its figures."""

import asyncio

from meatlizard.lifecycle import service
from meatlizard.metrics.keeping import Keeper, Loop


async def keep_metrics(*, serving: bool = False) -> None:
    loop = Loop(Keeper(serving=serving)).start()
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.shield(asyncio.to_thread(loop.stop))


@service("metrics.keeper")
async def keep_metrics_of_the_site() -> None:
    await keep_metrics(serving=True)
