"""Each part of a whole site is killed, paused and started again while people work: they get over it, and nothing that was accepted is lost.

``bench/faults.py`` does the same with more people, for longer, and in pairs.
"""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.faults.invariants import broken
from tests.faults.load import Load
from tests.faults.stage import Stage, set_up
from tests.faults.strikes import strike, told, well
from tests.services import postgres as postgresql
from tests.services import redis as redis_program
from tests.services.postgres import postgres_server
from tests.services.programs import missing, wait_until
from tests.services.redis import redis_server
from tests.services.s3 import s3_server

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

HELD_SECONDS = 1.5
PATIENCE = 120
"""Seconds, so that a busy machine fails nothing. Who is lost stays lost, however long one waits."""

STRIKES = [
    ("database", "kill"), ("database", "pause"), ("cache", "kill"), ("cache", "pause"), ("store", "pause"), ("worker", "kill"),
    ("worker", "pause"), ("client", "kill"), ("site", "kill"), ("site", "pause"), ("site", "restart"),
]  # fmt: skip


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not postgresql.installed():
        missing("No PostgreSQL server is installed")
    if not redis_program.installed():
        missing("No Redis server is installed")
    with postgres_server(forgets=False) as postgres, redis_server() as redis, s3_server() as store:
        store.empty()
        with set_up(postgres, redis, "matrix", people=4, s3=store) as made:
            yield made


@pytest.mark.parametrize(("part", "way"), STRIKES, ids=lambda word: word)
async def test_people_get_over_it_and_nothing_is_lost(stage: Stage, part: str, way: str) -> None:
    killed: float | None = None
    async with Load(stage.front, stage.people, conversations=4, uploads=2, redirects=20, patience=240) as load:
        await load.all_well(PATIENCE)
        undo = await asyncio.to_thread(strike, stage, part, way)
        try:
            if part == "site" and way == "kill":
                killed = time.monotonic()
            await asyncio.to_thread(told, stage, part)
            await asyncio.sleep(HELD_SECONDS)
        finally:
            await asyncio.to_thread(undo)
        await load.all_well(PATIENCE)
    assert await asyncio.to_thread(broken, stage, load, killed) == []
    await asyncio.to_thread(wait_until, lambda: well(stage), "the health page says that all is well", 60)


def test_afterwards_all_contents_are_where_their_rows_say(stage: Stage) -> None:
    """The last one."""
    assert "Every content is there and whole." in stage.sites[0].manage("files_verify")
