"""The programs as fixtures. A server is started at first use and lives as long as the session; a browser as long as its module."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.services import browser as chromium_browser
from tests.services import postgres as postgresql
from tests.services import redis as redis_program
from tests.services.postgres import PostgresServer
from tests.services.programs import missing
from tests.services.redis import RedisServer

PAGE_SECONDS = 20


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server; make a database of your own with ``create``."""
    if not postgresql.installed():
        missing("No PostgreSQL server is installed")
    with postgresql.postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A running Redis server."""
    if not redis_program.installed():
        missing("No Redis server is installed")
    with redis_program.redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium. Of module scope, since an event loop runs while it does and would disturb asyncio tests elsewhere."""
    if chromium_browser.executable() is None:
        missing("No Chromium is installed")
    with chromium_browser.chromium() as running:
        yield running


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser: its own cookies, desktop size."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PAGE_SECONDS * 1000)
    yield context
    chromium_browser.leave(context)


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """For rate limits it stays the same moment, so that no window ends in the middle of a test on a busy machine."""
    moment = time.time()
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: moment))
