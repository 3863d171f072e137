"""A third of the news between two site processes is lost, and every page still ends with the whole answer."""

import asyncio
import random
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from inference_client.protocol import keys
from tests.faults import fault_seed
from tests.faults.live_node import LiveNode
from tests.faults.page import Page
from tests.faults.scene import ask_site
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.services.site import LiveSite

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

ANSWERS = 20
WORDS = ("lizard", "stone", "warm", "and", "thought", "of", "flies", "until", "evening", "éß", "蜥蜴")


def plain_answer(question: str) -> str:
    """A paragraph of 2,000 to 4,000 characters that Markdown leaves as it is."""
    draw = random.Random(question)
    length = draw.randint(2_000, 4_000)
    return " ".join(draw.choices(WORDS, k=length))[:length].strip()


def thoughts(question: str) -> str:
    """Before every second answer; as long as an answer may be."""
    return plain_answer(f"before {question}") + "\n" if int(re.sub(r"\D", "", question)) % 2 else ""


@pytest.fixture
def two_sites(postgres: PostgresServer, redis: RedisServer, tmp_path: Path) -> Iterator[tuple[LiveSite, LiveSite]]:
    """Two processes of one site over a layer that loses messages."""
    seed = fault_seed()
    print(f"FAULT_SEED={seed}")
    first = LiveSite(
        postgres.create("lossy"), redis.url(3), DJANGO_SETTINGS_MODULE="tests.fakes.lossy_settings",
        LOSSY_SEED=str(seed), LOSSY_LOG=str(tmp_path / "lossy"),
    ).prepare()  # fmt: skip
    second = first.sibling()
    try:
        yield first.start(), second.start()
    finally:
        first.end()
        second.end()
        postgres.drop("lossy")


async def test_pages_end_equal_to_the_database_though_a_third_of_the_news_is_lost(
    two_sites: tuple[LiveSite, LiveSite], tmp_path: Path
) -> None:
    first, second = two_sites
    key = keys.generate()
    scene = await asyncio.to_thread(ask_site, first, f"prepare({ANSWERS}, {keys.public_bytes(key).hex()!r})")
    pages = [Page(second, person["cookie"], person["conversation"]) for person in scene["people"]]

    async def one(page: Page, number: int) -> None:
        async with page:
            await page.ask(f"Question {number}?", 60)

    async with LiveNode(first, bytes.fromhex(scene["site_key"]), key, plain_answer, think=thoughts) as node:
        await node.hello()
        await asyncio.gather(*(one(page, number) for number, page in enumerate(pages)))
    stored = await asyncio.to_thread(ask_site, first, "answers()")
    letters = (tmp_path / "lossy").read_text().split()
    print(
        f"{letters.count('d')} of {len(letters)} messages dropped; {sum(page.gaps for page in pages)} gaps, "
        f"{sum(page.syncs for page in pages)} syncs, {sum(page.overlaps for page in pages)} overlaps"
    )
    for number, page in enumerate(pages):
        row, right = stored[page.generation], plain_answer(f"Question {number}?")
        thought = thoughts(f"Question {number}?")
        assert (row["state"], row["content"]) == ("done", right)
        assert page.finished is not None
        assert page.finished["message"]["html"] == row["html"]
        assert page.finished["length"] == len(right)
        assert unescape(re.sub(r"<[^>]*>", "", row["html"])).strip() == right
        assert page.finished["message"]["thinking"] == len(thought) == len(row["thinking"])
        assert (thought + right).startswith(page.text)
        assert page.thinking == min(len(page.text), len(thought))
    assert letters.count("d") > 0
    assert sum(page.syncs for page in pages) > 0, "nobody had to ask for anything: the loss hit nothing"
    # Not that any streamed to its end: which news is lost is chance, and a page whose last news is lost gets the HTML alone.
    assert sum(len(page.text) for page in pages) > 0, "nobody saw any text stream"
