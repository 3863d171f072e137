"""A link is cut in the middle of four streams, and each reader gets his answer without a gap or a repetition.

Times stand in the ratios of the real ones, at a tenth: a lease of 6 seconds for 60, cuts of 0.5 and 3 for 5 and 30. The
cut of minutes lasts until what it is to cause has happened. ``bench/engine/links.py`` does all three at full length.
"""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from tests.fakes.lossy_link import Cut, LossyLink
from tests.faults.crowd import Crowd, QuickClient
from tests.faults.quick_client import SCALE
from tests.faults.scene import ask_site
from tests.services.programs import missing, wait_until
from tests.services.site import LiveSite

pytestmark = pytest.mark.slow

LEASE_SECONDS = 60 // SCALE
PEOPLE = 4
TESTS = 16
EXPIRED_SECONDS = 60.0
"""Within which a lease has run out and the site has done what follows, on however slow a machine."""

CUTS: tuple[Cut, ...] = ("silent", "forgotten", "reset")


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        missing("llama-cpp-python is not installed (make client)")
    live = LiveSite(LEASE_SECONDS=str(LEASE_SECONDS), NODE_HEARTBEAT_SECONDS="1").prepare()
    try:
        yield live.start()
    finally:
        live.end()


People = list[dict[str, str]]


@pytest.fixture(scope="module")
def everybody(site: LiveSite) -> Iterator[dict[str, str]]:
    return iter(ask_site(site, f"prepare({PEOPLE * TESTS})")["people"])


@pytest.fixture
def people(everybody: Iterator[dict[str, str]]) -> People:
    """Four whom nobody has seen before."""
    return list(itertools.islice(everybody, PEOPLE))


@pytest.fixture
def link(site: LiveSite) -> Iterator[LossyLink]:
    made = LossyLink(site.port)
    yield made
    made.end()


@pytest.fixture
def client(site: LiveSite, link: LossyLink) -> Iterator[QuickClient]:
    """A client whose way to the site leads over the link, slowed so that answers take seconds."""
    live = connected(site, link.url)
    live.slow_motion()
    yield live
    live.end()


def connected(site: LiveSite, url: str) -> QuickClient:
    live = QuickClient()
    live.pair(url, site.manage("inference_pair", "--code-only").strip())
    live.start()
    wait_until(lambda: "connected to" in live.program.tail(), "the client is connected", 60, alive=live.program)
    return live


@pytest.mark.parametrize(
    ("seconds", "how"), [(5, "silent"), (5, "reset"), (30, "silent"), (30, "forgotten"), (30, "reset")]
)
async def test_after_a_cut_shorter_than_the_lease_the_same_client_goes_on(
    site: LiveSite, people: People, client: QuickClient, link: LossyLink, how: Cut, seconds: int
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        link.cut(how)
        await asyncio.sleep(seconds / SCALE)
        link.restore()
        client.full_speed()
        await crowd.read()
        rows = await crowd.until("all are done", lambda row: row["state"] == "done", EXPIRED_SECONDS)
    assert len({row["node"] for row in rows}) == 1


@pytest.mark.parametrize("how", ["silent", "reset"])
async def test_after_a_cut_longer_than_the_lease_another_client_has_gone_on_from_the_text(
    site: LiveSite, people: People, client: QuickClient, link: LossyLink, how: Cut
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        before = await crowd.until("all are in work", lambda row: row["state"] == "streaming", EXPIRED_SECONDS)
        # It holds the beginnings and does not end them before the site hears of it again.
        client.freeze()
        link.cut(how)
        other = await asyncio.to_thread(connected, site, site.url)
        try:
            stored = await crowd.read()
            after = await crowd.until("all are done", lambda row: row["state"] == "done", EXPIRED_SECONDS)
            assert not {row["node"] for row in before} & {row["node"] for row in after}
            assert all(row["epoch"] > 1 for row in after)
            welcomes = client.program.tail(10_000).count("connected to")
            link.restore()
            client.full_speed()
            await asyncio.to_thread(
                wait_until,
                lambda: client.program.tail(10_000).count("connected to") > welcomes,
                "the first client is back",
                EXPIRED_SECONDS,
                client.program,
            )
            again = await asyncio.to_thread(ask_site, site, "answers()")
        finally:
            other.end()
    assert {key: again[key] for key in stored} == stored, "who came too late has changed an answer"


@pytest.mark.parametrize("how", ["silent", "forgotten"])
async def test_after_a_cut_longer_than_the_lease_the_only_client_gets_its_work_again(
    site: LiveSite, people: People, client: QuickClient, link: LossyLink, how: Cut
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        link.cut(how)
        waiting = await crowd.until("all are back in the queue", lambda row: row["state"] == "queued", EXPIRED_SECONDS)
        assert all(row["epoch"] >= 1 for row in waiting)
        link.restore()
        client.full_speed()
        await crowd.read()
        rows = await crowd.until("all are done", lambda row: row["state"] == "done", EXPIRED_SECONDS)
    assert all(row["attempts"] > 1 for row in rows)


async def test_a_link_that_is_cut_again_and_again_loses_nothing(
    site: LiveSite, people: People, client: QuickClient, link: LossyLink
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        for how in CUTS * 2:
            seen = link.accepted
            link.cut(how)
            if how == "silent":
                await asyncio.sleep(5 / SCALE / 2)
            link.restore()
            if how == "reset":
                await asyncio.to_thread(wait_until, lambda seen=seen: link.accepted > seen, "it called again", 60)  # type: ignore[misc]
        client.full_speed()
        await crowd.read()
