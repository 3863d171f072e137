"""The part of each long-running process that keeps its figures."""

import asyncio
from functools import partial

from meatlizard.lifecycle import service
from meatlizard.metrics import parts
from meatlizard.metrics.keeping import Keeper, Loop


async def keep_metrics(*, serving: bool = False) -> None:
    keeper = Keeper(serving=serving)
    if serving:
        keeper.more.append(partial(parts.levels_from_thread, asyncio.get_running_loop()))
    loop = Loop(keeper).start()
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.shield(asyncio.to_thread(loop.stop))


@service("metrics.keeper")
async def keep_metrics_of_the_site() -> None:
    await keep_metrics(serving=True)
