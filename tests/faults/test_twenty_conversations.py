"""Twenty people ask one real client at the same moment, and each gets the answer to his own question, to the last character."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults import fault_seed
from tests.faults.page import Page
from tests.faults.scene import ask_site
from tests.models import LONG_PAIRS, PLAIN_PAIRS
from tests.services.client import TINY_MODEL, LiveClient
from tests.services.programs import missing
from tests.services.site import LiveSite

pytestmark = pytest.mark.slow

PEOPLE = 20
LONG = 5
"""So many of the answers are long ones, which keep their slots while others come and go."""


@pytest.fixture
def site() -> Iterator[LiveSite]:
    live = LiveSite().prepare()
    try:
        yield live.start()
    finally:
        live.end()


@pytest.fixture
def scene(site: LiveSite) -> Iterator[dict[str, Any]]:
    """People at their pages, and a real client that has been started."""
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        missing("llama-cpp-python is not installed (make client)")
    assert TINY_MODEL.exists()
    made = ask_site(site, f"prepare({PEOPLE})")
    client = LiveClient().pair(site.url, made["code"])
    try:
        client.start()
        yield made
    finally:
        client.end()


async def test_twenty_conversations_at_once_are_all_right_to_the_last_character(
    site: LiveSite, scene: dict[str, Any]
) -> None:
    seed = fault_seed()
    print(f"FAULT_SEED={seed}")
    draw = random.Random(seed)
    pairs = [
        *draw.sample(LONG_PAIRS, LONG),
        *draw.sample([p for p in PLAIN_PAIRS if p not in LONG_PAIRS], PEOPLE - LONG),
    ]
    pages = [Page(site, person["cookie"], person["conversation"]) for person in scene["people"]]

    async def one(page: Page, question: str) -> None:
        async with page:
            await page.ask(question, 180)

    await asyncio.gather(*(one(page, pair.question) for page, pair in zip(pages, pairs, strict=True)))
    stored = await asyncio.to_thread(ask_site, site, "answers()")
    wrong = [
        pair.question
        for page, pair in zip(pages, pairs, strict=True)
        if stored[page.generation]["content"] != pair.answer
    ]
    assert wrong == []
    for page, pair in zip(pages, pairs, strict=True):
        assert page.finished is not None
        assert stored[page.generation]["state"] == "done"
        assert page.text == pair.answer
        assert page.finished["length"] == len(pair.answer)
        assert page.finished["message"]["html"] == stored[page.generation]["html"]
