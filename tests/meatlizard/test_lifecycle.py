"""Services start with the server, come back after a crash and end with it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from meatlizard import lifecycle


@pytest.fixture(autouse=True)
async def _a_registry_of_our_own(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(lifecycle, "_services", {})
    monkeypatch.setattr(lifecycle, "_tasks", {})
    monkeypatch.setattr(lifecycle, "FIRST_PAUSE", 0.001)
    yield
    await lifecycle.stop_all()


async def test_nothing_runs_before_the_server_does() -> None:
    began = asyncio.Event()

    @lifecycle.service("idle")
    async def idle() -> None:
        began.set()
        await asyncio.Event().wait()

    assert lifecycle.running() == []
    await lifecycle.start_all()
    await asyncio.wait_for(began.wait(), 5)
    assert lifecycle.running() == ["idle"]


async def test_a_crash_is_logged_and_answered_with_a_new_start(caplog: pytest.LogCaptureFixture) -> None:
    steady = asyncio.Event()
    starts = 0

    @lifecycle.service("shaky")
    async def shaky() -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            raise RuntimeError("fell over")
        steady.set()
        await asyncio.Event().wait()

    await lifecycle.start_all()
    await asyncio.wait_for(steady.wait(), 5)
    assert starts == 3
    assert [record.message for record in caplog.records].count("service.crashed") == 2


async def test_one_crashing_service_does_not_disturb_another() -> None:
    ticks = asyncio.Semaphore(0)

    @lifecycle.service("bad")
    async def bad() -> None:
        raise RuntimeError

    @lifecycle.service("good")
    async def good() -> None:
        while True:
            ticks.release()
            await asyncio.sleep(0)

    await lifecycle.start_all()
    for _ in range(50):
        await asyncio.wait_for(ticks.acquire(), 5)


async def test_the_end_lets_them_tidy_up() -> None:
    began, tidied = asyncio.Event(), []

    @lifecycle.service("careful")
    async def careful() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            tidied.append(True)

    await lifecycle.start_all()
    await asyncio.wait_for(began.wait(), 5)
    await lifecycle.stop_all()
    assert tidied == [True]
    assert lifecycle.running() == []


async def test_one_that_will_not_stop_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    began, free = asyncio.Event(), asyncio.Event()

    @lifecycle.service("stubborn")
    async def stubborn() -> None:
        began.set()
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue
        raise asyncio.CancelledError

    await lifecycle.start_all()
    await asyncio.wait_for(began.wait(), 5)
    await asyncio.wait_for(lifecycle.stop_all(seconds=0.01), 5)
    assert "service.does_not_stop" in [record.message for record in caplog.records]
    free.set()


async def test_two_services_cannot_share_a_name() -> None:
    async def run() -> None:
        await asyncio.Event().wait()

    lifecycle.service("one")(run)
    with pytest.raises(ValueError, match="two services named one"):
        lifecycle.service("one")(lambda: run())
