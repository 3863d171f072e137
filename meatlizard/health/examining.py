"""Looks at all parts at once, each within its time: one that hangs is said to hang, and holds up nobody.

A look that is late goes on in its thread, for threads cannot be ended; until it is back no second one of its kind begins, so that
a database that hangs costs one thread, however often somebody asks.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

from django.db import connections
from django.utils.translation import gettext

from meatlizard.health.components import Component, Found


@dataclass(frozen=True, slots=True)
class Looked:
    """``took``: seconds; None when it has not come back. ``ended``: by the monotonic clock."""

    component: Component
    found: Found
    took: float | None
    ended: float


class Examiner:
    """:data:`shared` for each process."""

    def __init__(self) -> None:
        self._looks: dict[str, Future[Looked]] = {}

    async def examine(self, components: Iterable[Component]) -> list[Looked]:
        """In the order given. Takes no longer than the longest time of a part."""
        return list(await asyncio.gather(*(self._of(one) for one in components)))

    async def _of(self, one: Component) -> Looked:
        look = self._looks.get(one.name)
        if look is None or _stale(look, one):
            look = self._looks[one.name] = _begin(one)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(look)), one.seconds)
        except TimeoutError:
            words = gettext("has not answered within %(seconds)g seconds") % {"seconds": one.seconds}
            return Looked(one, Found("down", words), None, time.monotonic())


def _stale(look: "Future[Looked]", one: Component) -> bool:
    return look.done() and time.monotonic() - look.result().ended >= one.fresh


def _begin(one: Component) -> "Future[Looked]":
    future: Future[Looked] = Future()
    if inspect.iscoroutinefunction(one.look):
        task = asyncio.get_running_loop().create_task(_look_here(one, future), name=f"health {one.name}")
        # The loop keeps only a weak hold of its tasks.
        future.add_done_callback(lambda _: task)
    else:
        # Not a pool's: a handful of hung looks would fill that. A daemon: a hung one must not keep the process from ending.
        threading.Thread(target=_look, args=(one, future), name=f"health {one.name}", daemon=True).start()
    return future


def _look(one: Component, future: "Future[Looked]") -> None:
    began = time.monotonic()
    try:
        found = cast(Found, one.look())
    except Exception as error:
        found = _trouble(error)
    finally:
        connections.close_all()
    future.set_result(_looked(one, found, began))


async def _look_here(one: Component, future: "Future[Looked]") -> None:
    began = time.monotonic()
    look = cast(Any, one.look)
    try:
        found = await asyncio.wait_for(look(), one.seconds * 5)
    except Exception as error:
        found = _trouble(error)
    except asyncio.CancelledError:
        future.set_result(_looked(one, Found("down", "ended"), began))
        raise
    future.set_result(_looked(one, found, began))


def _looked(one: Component, found: Found, began: float) -> Looked:
    now = time.monotonic()
    return Looked(one, found, now - began, now)


def _trouble(error: Exception) -> Found:
    first = (str(error).strip().splitlines() or [""])[0]
    return Found("down", f"{type(error).__name__}: {first}"[:300])


shared = Examiner()
