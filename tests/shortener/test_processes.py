"""Short links of live sites: several processes, real races, and ``kill -9``."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from shortener.redirect.journal import LOST_AT_MOST
from shortener.redirect.memory import POLL_SECONDS
from tests.services.postgres import PostgresServer
from tests.services.programs import wait_until
from tests.services.site import LiveSite
from tests.shortener.clickers import Answers, click, request_for

pytestmark = [pytest.mark.journey]
TARGET = "https://example.org/page"

MAKE = """
import json, sys
from django.contrib.auth import get_user_model
from shortener import actions
owner = get_user_model().objects.get_or_create(username="alice")[0]
for slug, details in json.loads({made!r}).items():
    actions.create(owner, slug=slug, target={target!r}, **details)
"""
EDIT = """
from shortener import actions
from shortener.models import Link
link = Link.objects.get(slug={slug!r})
actions.edit(link, **{details!r})
"""


LINKS: dict[str, dict[str, Any]] = {
    "hundred": {"max_clicks": 100, "fallback": "https://example.org/over"}, "hot": {}, "edited": {}, "killed": {}, "ended": {},
}  # fmt: skip

QUERY = """
SELECT passed, clicks, (SELECT COUNT(*) FROM shortener_click WHERE link_id = shortener_link.id) FROM shortener_link
WHERE slug = {mark}"""


def counts(site: LiveSite, slug: str) -> tuple[int, int, int]:
    """Passed, the link's total, and rows. Asked without Django, which takes a second to begin."""
    url = site.settings["DATABASE_URL"]
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as database:
            return cast(tuple[int, int, int], database.execute(QUERY.format(mark="?"), [slug]).fetchone())
    with psycopg.connect(url) as connection:
        return cast(tuple[int, int, int], connection.execute(QUERY.format(mark="%s"), [slug]).fetchone())  # type: ignore[arg-type]


def recorded(site: LiveSite, slug: str, count: int) -> None:
    """Waits until as many are recorded, and then sees that they are no more."""
    wait_until(lambda: counts(site, slug)[1] >= count, f"{count} clicks are recorded", 90)
    assert counts(site, slug)[1:] == (count, count)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sites(request: pytest.FixtureRequest) -> Iterator[tuple[LiveSite, LiveSite]]:
    """Two processes of one site."""
    url = ""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create(f"links{time.time_ns()}")
    first = LiveSite(database_url=url, JOBS_IN_SITE="false").prepare()
    second = first.sibling()
    first.manage("shell", "-v", "0", "-c", MAKE.format(made=json.dumps(LINKS), target=TARGET))
    for site in (first, second):
        site.start()
    yield first, second
    for site in (first, second):
        site.end()


def race(sites: tuple[LiveSite, LiveSite], slug: str, each: int, connections: int = 100) -> Answers:
    """As many clickers as ``connections`` at each site, all at once."""

    async def run() -> list[Answers]:
        return await asyncio.gather(
            *(
                click(
                    site.port,
                    lambda number, site=site: request_for(f"/s/{slug}", f"127.0.0.1:{site.port}"),
                    each,
                    connections,
                )  # type: ignore[misc]
                for site in sites
            )
        )

    both = Answers()
    for answers in asyncio.run(run()):
        both.statuses += answers.statuses
        both.locations += answers.locations
        both.cut_off += answers.cut_off
    return both


def test_two_hundred_race_for_a_hundred_clicks_at_two_processes(sites: tuple[LiveSite, LiveSite]) -> None:
    answers = race(sites, "hundred", 100)
    assert answers.locations == {TARGET: 100, "https://example.org/over": 100}
    recorded(sites[0], "hundred", 100)
    assert counts(sites[0], "hundred")[0] == 100


def test_all_clicks_at_two_processes_are_counted(sites: tuple[LiveSite, LiveSite]) -> None:
    answers = race(sites, "hot", 2_000, 16)
    assert answers.locations == {TARGET: 4_000}
    recorded(sites[1], "hot", 4_000)


def test_an_edit_elsewhere_holds_everywhere_within_its_time(sites: tuple[LiveSite, LiveSite]) -> None:
    assert race(sites, "edited", 1, 1).locations == {TARGET: 2}
    sites[0].manage("shell", "-v", "0", "-c", EDIT.format(slug="edited", details={"target": "https://example.com/"}))
    # Of the bound, which is POLL_SECONDS, a crowded machine may make more; the test is that it comes without anybody's doing.
    new = {"https://example.com/": 2}
    wait_until(lambda: race(sites, "edited", 1, 1).locations == new, f"both know of it ({POLL_SECONDS} s)", 20)


def test_killed_in_the_middle_it_loses_no_more_than_the_last_second(sites: tuple[LiveSite, LiveSite]) -> None:
    site = sites[1]
    request = request_for("/s/killed", f"127.0.0.1:{site.port}")
    killed = 0.0

    async def both() -> Answers:
        nonlocal killed
        clicking = asyncio.create_task(click(site.port, lambda number: request, 100_000, 8, 300))
        # The first are in the database, so that recording is under way; those that come now are not.
        await asyncio.to_thread(wait_until, lambda: counts(site, "killed")[1] > 100, "recording is under way", 60)
        await asyncio.to_thread(site.kill)
        killed = time.time()
        return await clicking

    answers = asyncio.run(both())
    site.start()
    # A crowded machine may not give the writing thread its turn for a while; that much is not the journal's fault.
    slack = 2.0
    safe = sum(1 for moment in answers.times if moment < killed - LOST_AT_MOST - slack)
    wait_until(lambda: counts(site, "killed")[1] >= safe, f"{safe} of {answers.redirects} are recorded", 90)
    _passed, total, rows = counts(site, "killed")
    assert total == rows <= answers.redirects


def test_nothing_is_lost_when_it_is_asked_to_end(sites: tuple[LiveSite, LiveSite]) -> None:
    """The last one: a start costs seconds, and nobody needs the site after it."""
    site = sites[1]
    answers = asyncio.run(click(site.port, lambda number: request_for("/s/ended", f"127.0.0.1:{site.port}"), 50, 5))
    assert site.terminate() == 0
    assert counts(site, "ended")[1:] == (50, 50) == (answers.redirects,) * 2
