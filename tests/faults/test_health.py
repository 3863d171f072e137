"""What /health says of a live site whose database or cache stands still: the truth, soon, and over again once they are back."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.services.postgres import PostgresServer
from tests.services.programs import wait_until
from tests.services.redis import RedisServer
from tests.services.site import LiveSite

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

PATIENCE = 60
"""Seconds, so that a busy machine fails nothing. A part that hung the answer would hang it for ever."""


@pytest.fixture(scope="module")
def site(postgres: PostgresServer, redis: RedisServer) -> Iterator[LiveSite]:
    live = LiveSite(postgres.create("health"), redis.url(5)).prepare()
    try:
        yield live.start()
    finally:
        live.end()
        postgres.drop("health")


def asked(site: LiveSite, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(site.url + path, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def states(site: LiveSite) -> dict[str, str]:
    return {name: part["state"] for name, part in asked(site, "/health")[1]["components"].items()}


def test_a_hung_neighbour_is_told_and_hangs_nothing(
    site: LiveSite, postgres: PostgresServer, redis: RedisServer
) -> None:
    assert asked(site, "/health/ready") == (200, {"status": "ok"})

    with postgres.program.paused():
        wait_until(lambda: asked(site, "/health/ready") == (503, {"status": "down"}), "not ready", PATIENCE)
        code, told = asked(site, "/health")
        assert (code, told["status"], told["components"]["database"]["state"]) == (503, "down", "down")
        assert told["components"]["cache"]["state"] == "good"
        assert asked(site, "/health/live") == (200, {"status": "ok"})
    wait_until(lambda: asked(site, "/health/ready")[0] == 200, "ready again", PATIENCE)

    with redis.program.paused():
        wait_until(lambda: states(site)["cache"] == "down", "the cache is down", PATIENCE)
        found = states(site)
        assert found["database"] == "good"
        assert found["channel_layer"] == "down"
        assert asked(site, "/health/ready")[0] == 200
    wait_until(lambda: {states(site)["cache"], states(site)["channel_layer"]} == {"good"}, "both are back", PATIENCE)


def test_a_flood_of_questions_while_the_database_hangs_costs_no_flood_of_threads(
    site: LiveSite, postgres: PostgresServer
) -> None:
    process = psutil.Process(site.program.pid)
    with postgres.program.paused():
        wait_until(lambda: asked(site, "/health/ready")[0] == 503, "not ready", PATIENCE)
        before, end = process.num_threads(), time.monotonic() + 5
        while time.monotonic() < end:
            assert asked(site, "/health")[0] == 503
        assert process.num_threads() <= before + 10
