"""``manage.py serve``: starts, says where, and ends when asked to."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from inference_client.protocol import versions
from tests.services import migrated
from tests.services.postgres import PostgresServer
from tests.services.programs import Program, wait_until
from tests.services.redis import RedisServer
from tests.services.site import ROOT, LiveSite, outer_environment


@pytest.fixture
def new_site() -> Iterator[LiveSite]:
    """Not started, and without a database."""
    live = LiveSite()
    yield live
    live.end()


@pytest.fixture
def site(new_site: LiveSite) -> LiveSite:
    """Not started; its tables are there."""
    migrated.copy_to(new_site.database)
    return new_site


@pytest.fixture(scope="module")
def serving() -> Iterator[LiveSite]:
    """One for the tests that leave it as it is."""
    live = LiveSite()
    migrated.copy_to(live.database)
    yield live.start()
    live.end()


def log(site: LiveSite) -> str:
    return site.log.read_text()


def closing(socket: ClientConnection) -> ConnectionClosed:
    """Reads until the site closes; raises TimeoutError when it does not."""
    try:
        while True:
            socket.recv(5)
    except ConnectionClosed as end:
        return end


def offered() -> list[str]:
    return versions.offer()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_says_where_and_ends_cleanly(site: LiveSite, number: signal.Signals) -> None:
    site.start()
    assert site.url in log(site)
    wait_until(lambda: "inference_pair" in log(site), "the site has said how a machine is paired", 30)
    assert re.search(r"/setup/\?code=[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", log(site))
    assert site.program.stop(number, 10) == 0
    assert "Traceback" not in log(site)
    assert "Stopped." in log(site)


def test_open_websockets_do_not_hold_up_the_end(site: LiveSite) -> None:
    site.start()
    address = f"ws://127.0.0.1:{site.port}"
    with (
        connect(f"{address}/ws/chat/", origin=site.url) as page,
        connect(f"{address}/ws/inference/", subprotocols=offered()) as node,
    ):
        began = time.monotonic()
        assert site.program.stop(signal.SIGTERM, 12) == 0
        assert time.monotonic() - began < 8
        for socket in (page, node):
            assert closing(socket).rcvd is not None
    assert "Traceback" not in log(site)


def test_a_second_start_finds_its_database(new_site: LiveSite) -> None:
    new_site.start()
    assert "migration(s)" in log(new_site)
    new_site.terminate()
    began = time.monotonic()
    new_site.start()
    assert time.monotonic() - began < 10
    assert log(new_site).count("migration(s)") == 1
    new_site.terminate()


def test_a_taken_port_is_said_so(serving: LiveSite) -> None:
    second = Program(
        "second", [sys.executable, "manage.py", "serve", "--port", str(serving.port)], serving.home / "second.log",
        env=outer_environment() | serving.settings, cwd=ROOT,
    )  # fmt: skip
    assert second.wait(30) != 0
    assert "address already in use" in second.tail().lower()
    assert "Traceback" not in second.tail()
    assert serving.answers()


def test_frames_over_the_limit_close_the_link(serving: LiveSite) -> None:
    with connect(f"ws://127.0.0.1:{serving.port}/ws/inference/", subprotocols=offered()) as node:
        node.send(b"x" * (1024 * 1024 + 1))
        end = closing(node).rcvd
        assert end is not None
        assert end.code == 1009
    wait_until(serving.answers, "the site still serves")


def test_compression_is_off_and_the_server_does_not_name_itself(serving: LiveSite) -> None:
    with connect(f"ws://127.0.0.1:{serving.port}/ws/inference/", subprotocols=offered()) as node:
        assert node.response is not None
        assert "Sec-WebSocket-Extensions" not in node.response.headers
        assert "uvicorn" not in str(node.response.headers).lower()


@pytest.mark.postgres
@pytest.mark.redis
def test_two_processes_start_at_once_on_one_empty_database(postgres: PostgresServer, redis: RedisServer) -> None:
    first = LiveSite(postgres.create("serve"), redis.url(7))
    second = first.sibling()
    try:
        with ThreadPoolExecutor(2) as threads:
            for started in [threads.submit(live.start) for live in (first, second)]:
                started.result()
        assert (log(first) + log(second)).count("migration(s)") == 1
        assert first.terminate() == 0
        assert second.answers()
        assert second.terminate() == 0
    finally:
        first.end()
        second.end()


def test_a_port_that_is_taken_is_said_with_the_way_out(serving: LiveSite) -> None:
    argv = [sys.executable, "manage.py", "serve", "--port", str(serving.port)]
    second = subprocess.run(
        argv, env=outer_environment() | serving.settings, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode != 0
    assert f"make run PORT={serving.port + 1}" in second.stderr
    assert "Traceback" not in second.stderr
    assert serving.answers()


def test_others_on_the_machine_cannot_read_the_database(site: LiveSite) -> None:
    site.start()
    site.terminate()
    database = next(site.home.rglob("db.sqlite3"))
    database.chmod(0o644)
    site.start()
    files = list(database.parent.glob("db.sqlite3*"))
    assert files
    assert {oct(file.stat().st_mode & 0o077) for file in files} == {"0o0"}
