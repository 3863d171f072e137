"""The client itself goes wrong in the middle of eight streams: its engine is killed, its key runs twice, its clock is off."""

import asyncio
import itertools
import signal
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]
import pytest

from inference_client.problems import Exit
from tests.faults.crowd import Crowd, QuickClient
from tests.faults.scene import ask_site
from tests.services.programs import missing, wait_until
from tests.services.site import LiveSite

pytestmark = pytest.mark.slow

PEOPLE = 8
TESTS = 5
DAY = 86_400
People = list[dict[str, str]]


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        missing("llama-cpp-python is not installed (make client)")
    live = LiveSite().prepare()
    try:
        yield live.start()
    finally:
        live.end()


@pytest.fixture(scope="module")
def everybody(site: LiveSite) -> Iterator[dict[str, str]]:
    return iter(ask_site(site, f"prepare({PEOPLE * TESTS})")["people"])


@pytest.fixture
def people(everybody: Iterator[dict[str, str]]) -> People:
    """Eight whom nobody has seen before."""
    return list(itertools.islice(everybody, PEOPLE))


@pytest.fixture
def client(site: LiveSite) -> Iterator[QuickClient]:
    live = paired(site)
    start(live)
    live.slow_motion()
    yield live
    live.end()


def paired(site: LiveSite, **settings: str) -> QuickClient:
    live = QuickClient(**settings)
    live.pair(site.url, site.manage("inference_pair", "--code-only").strip())
    return live


def start(live: QuickClient) -> None:
    live.start()
    wait_until(lambda: "connected to" in live.program.tail(), "the client is connected", 60, alive=live.program)


def kill_engine(live: QuickClient) -> psutil.Process:
    """``kill -9`` of the process that runs the model; that process."""
    live.freeze()
    # Of the helpers that Python starts beside it, none is so large.
    (victim,) = sorted(live.engines(), key=lambda process: process.memory_info().rss)[-1:]
    victim.send_signal(signal.SIGKILL)
    return victim


async def test_the_engine_is_killed_with_eight_streams_running_and_all_eight_are_right(
    site: LiveSite, people: People, client: QuickClient
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        victim = kill_engine(client)
        client.full_speed()
        await crowd.read()
        rows = await crowd.until("all are done", lambda row: row["state"] == "done", 30)
    assert not victim.is_running(), "the engine was not killed"
    assert "8 answers running" in client.program.tail(), "not all eight were in the engine"
    assert "8 answers go on" in client.program.tail()
    assert [row["attempts"] for row in rows] == [1] * PEOPLE, "the link was dropped with the engine"


async def test_the_engine_is_killed_again_and_again_and_all_eight_are_right(
    site: LiveSite, people: People, client: QuickClient
) -> None:
    async with Crowd(site, people) as crowd:
        await crowd.ask()
        for number in range(1, 4):
            kill_engine(client)
            wait_until_again(client, number)
            client.slow_motion()
        client.full_speed()
        await crowd.read()


def wait_until_again(client: QuickClient, number: int) -> None:
    def runs_again() -> bool:
        return client.program.tail(10_000).count("runs again") >= number

    wait_until(runs_again, f"the engine runs again after crash {number}", 60, alive=client.program)


async def test_of_two_clients_with_one_key_one_wins_and_no_answer_is_lost(
    site: LiveSite, people: People, client: QuickClient
) -> None:
    twin = client.twin()
    try:
        async with Crowd(site, people) as crowd:
            await crowd.ask()
            await asyncio.to_thread(start, twin)
            client.full_speed()
            code = await asyncio.to_thread(client.program.wait, 30)
            await crowd.read()
        assert code == Exit.RUNNING
        assert "another program has connected with this machine's key" in client.program.tail(5)
        assert twin.program.running
    finally:
        twin.end()


@pytest.mark.parametrize("ahead", [DAY, -DAY])
async def test_a_clock_one_day_off_does_not_matter_but_is_said(site: LiveSite, people: People, ahead: int) -> None:
    live = paired(site, CLOCK_AHEAD=str(ahead))
    try:
        start(live)
        live.slow_motion()
        async with Crowd(site, people) as crowd:
            await crowd.ask()
            live.full_speed()
            await crowd.read()
        assert "clock and the site's differ by 1440 minutes" in live.program.tail()
    finally:
        live.end()
