"""The long-running parts of a serving process: apps register them, the ASGI server's life starts and ends them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

Run = Callable[[], Awaitable[None]]

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""After running so long a service counts as well again, and its next crash is answered with the first pause."""

_services: dict[str, Run] = {}
_tasks: dict[str, asyncio.Task[None]] = {}


def service(name: str) -> Callable[[Run], Run]:
    """Registers a coroutine function that runs until it is cancelled. A service that crashes or returns is started again."""

    def register(run: Run) -> Run:
        if _services.get(name, run) is not run:
            raise ValueError(f"there are two services named {name}")
        _services[name] = run
        return run

    return register


def running() -> list[str]:
    """Names of the services under way in this process."""
    return sorted(name for name, task in _tasks.items() if not task.done())


async def start_all() -> None:
    """Starts every registered service in the running event loop. Those that run already are left alone."""
    loop = asyncio.get_running_loop()
    for name, run in _services.items():
        if name not in _tasks or _tasks[name].done():
            _tasks[name] = loop.create_task(_keep_running(name, run), name=f"service {name}")


async def stop_all(seconds: float = 5.0) -> None:
    """Cancels them and waits ``seconds`` at most for their tidying up."""
    tasks = dict(_tasks)
    _tasks.clear()
    for task in tasks.values():
        task.cancel()
    if tasks:
        _, late = await asyncio.wait(tasks.values(), timeout=seconds)
        for name, task in tasks.items():
            if task in late:
                log.warning("service.does_not_stop", extra={"service": name})


async def _keep_running(name: str, run: Run) -> None:
    clock = asyncio.get_running_loop().time
    pause = FIRST_PAUSE
    while True:
        began = clock()
        try:
            await run()
            log.error("service.returned", extra={"service": name})
        except Exception:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A part of it failed at the very moment of its cancellation, which came out as that failure.
                raise asyncio.CancelledError from None
            log.exception("service.crashed", extra={"service": name, "again_in_seconds": pause})
        if clock() - began > STEADY_SECONDS:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
