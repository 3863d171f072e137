"""Calls to the database: in their turn, but for those that go ahead; each ends with its own result."""

import asyncio
import contextvars
import threading

import pytest

from meatlizard import threads
from meatlizard.threads import in_database, in_database_first

pytestmark = pytest.mark.django_db(transaction=True)

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


class Gate:
    """Holds up every thread that works for the database until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()

    async def close(self) -> "list[asyncio.Task[bool]]":
        count = threads._database()._max_workers
        held = [asyncio.create_task(in_database(self._open.wait, 10)) for _ in range(count)]
        async with asyncio.timeout(5):
            while threads.database_queue():
                await asyncio.sleep(0)
        return held

    def open(self) -> None:
        self._open.set()


async def test_what_must_not_wait_goes_ahead_of_what_does() -> None:
    gate, order = Gate(), list[str]()
    held = await gate.close()
    # One thread at a time takes these, in whatever number there are.
    waiting = [asyncio.create_task(in_database(order.append, name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    ahead = asyncio.create_task(in_database_first(order.append, "ahead"))
    await asyncio.sleep(0)
    assert threads.database_queue() >= 2
    gate.open()
    await asyncio.gather(*held, *waiting, ahead)
    assert order[0] == "ahead"
    assert sorted(order) == ["ahead", "first", "second"]


async def test_each_gets_its_own_result_and_its_own_error() -> None:
    def fail() -> None:
        raise ValueError("mine")

    results = await asyncio.gather(
        in_database(int, "7"), in_database(fail), in_database_first(str, 8), return_exceptions=True
    )
    assert results[0] == 7
    assert isinstance(results[1], ValueError)
    assert results[2] == "8"


async def test_who_gives_up_waiting_is_passed_over() -> None:
    gate, done = Gate(), list[str]()
    held = await gate.close()
    given_up = asyncio.create_task(in_database(done.append, "given up"))
    kept = asyncio.create_task(in_database(done.append, "kept"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(*held, kept)
    assert done == ["kept"]
    assert given_up.cancelled()


async def test_the_callers_context_comes_along() -> None:
    who.set("alice")
    assert await in_database(who.get) == "alice"
    assert await in_database_first(who.get) == "alice"
