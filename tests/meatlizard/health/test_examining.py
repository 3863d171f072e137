"""Looking at the parts: each within its time, none holding up another, none looked at twice at once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meatlizard.health.components import Component, Found, Look
from meatlizard.health.examining import Examiner


def part(
    look: Look, *, name: str = "part", seconds: float = 5.0, fresh: float = 0.0, needed: bool = False
) -> Component:
    return Component(name, name, look, seconds, fresh, needed)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no thread stays behind."""
    event = threading.Event()
    yield event
    event.set()


def good() -> Found:
    return Found("good", "as it should be")


async def test_each_part_is_told_in_the_order_given() -> None:
    async def here() -> Found:
        return Found("warning", "from the event loop")

    looked = await Examiner().examine([part(good, name="one"), part(here, name="two")])

    assert [(one.component.name, one.found) for one in looked] == [
        ("one", Found("good", "as it should be")),
        ("two", Found("warning", "from the event loop")),
    ]
    assert all(one.took is not None for one in looked)


async def test_a_part_that_fails_is_down_with_the_reason_on_one_line() -> None:
    def broken() -> Found:
        raise ConnectionError("no route to host\nand a long story")

    [looked] = await Examiner().examine([part(broken)])

    assert looked.found == Found("down", "ConnectionError: no route to host")


async def test_a_part_that_hangs_holds_up_nobody_and_costs_one_thread(gate: threading.Event) -> None:
    begun: list[str] = []

    def hangs() -> Found:
        begun.append("look")
        gate.wait()
        return Found("good", "back again")

    examiner, hung = Examiner(), part(hangs, name="hung", seconds=0.05)
    for _ in range(5):
        looked = await examiner.examine([hung, part(good, name="other")])
        assert [one.found.state for one in looked] == ["down", "good"]
        assert looked[0].took is None and "0.05" in looked[0].found.words
    assert begun == ["look"]

    gate.set()
    while (await examiner.examine([part(hangs, name="hung", seconds=5)]))[0].found.words != "back again":
        await asyncio.sleep(0)


async def test_a_look_after_another_is_made_anew() -> None:
    begun: list[str] = []
    examiner, one = Examiner(), part(counted(begun), fresh=0)

    await examiner.examine([one])
    await examiner.examine([one])
    assert begun == ["look", "look"]


async def test_a_coroutine_that_hangs_is_down_as_well() -> None:
    async def hangs() -> Found:
        await asyncio.Event().wait()
        return good()

    [looked] = await Examiner().examine([part(hangs, seconds=0.05)])

    assert looked.found.state == "down"


def counted(begun: list[str]) -> Callable[[], Found]:
    def look() -> Found:
        begun.append("look")
        return good()

    return look


async def test_what_was_found_is_told_again_while_it_is_fresh() -> None:
    begun: list[str] = []
    examiner, one = Examiner(), part(counted(begun), fresh=3_600)

    first = await examiner.examine([one])
    assert await examiner.examine([one]) == first
    assert begun == ["look"]


async def test_many_who_ask_at_once_share_one_look(gate: threading.Event) -> None:
    begun: list[str] = []

    def slow() -> Found:
        begun.append("look")
        gate.wait()
        return good()

    examiner, one = Examiner(), part(slow, fresh=3_600)
    asked: list[asyncio.Task[Any]] = [asyncio.create_task(examiner.examine([one])) for _ in range(50)]
    await asyncio.sleep(0)
    gate.set()

    assert {looked.found.state for [looked] in await asyncio.gather(*asked)} == {"good"}
    assert begun == ["look"]
