"""A live site, a real client with the tiny model, and people at browsers.

Site and client live as long as a test file; each test gets fresh browser contexts, which share nothing but the accounts.
"""

import functools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.journeys.pages import Visitor
from tests.people import PASSWORD
from tests.services.browser import leave
from tests.services.client import TINY_MODEL, LiveClient
from tests.services.programs import missing
from tests.services.site import LiveSite

DESKTOP, PHONE = (1280, 800), (360, 740)
PAGE_SECONDS = 15
expect.set_options(timeout=PAGE_SECONDS * 1000)

OLGA = (
    "from meatlizard.accounts.models import Tier, User;"
    f"User.objects.create_superuser('olga', 'olga@example.org', {PASSWORD!r});"
    # A test file asks more in a minute than one person may.
    "Tier.objects.update(messages_per_minute=1000)"
)

Sit = Callable[..., Visitor]
"""``sit(name, url, size)``: ``name`` sits down at a new device, signed in. An empty name stays unknown to the site."""


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """A site with an administrator, Olga, and nobody else."""
    live = LiveSite().prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def client(site: LiveSite) -> Iterator[LiveClient]:
    """A paired client on its way to the site."""
    live = paired_client(site)
    yield live
    live.end()


def add_olga(site: LiveSite) -> None:
    """To a site that was just prepared. A database file is copied: to start a program for it costs more than anything else here."""
    if site.database.exists():
        shutil.copyfile(_with_olga_once(), site.database)
    else:
        site.manage("shell", "--no-imports", "-c", OLGA)


@functools.cache
def _with_olga_once() -> Path:
    site = LiveSite().prepare()
    site.manage("shell", "--no-imports", "-c", OLGA)
    return site.database


def pairing_code(site: LiveSite) -> str:
    return site.manage("inference_pair", "--code-only").strip()


def paired_client(site: LiveSite) -> LiveClient:
    """A new client, paired with a code from the command line and started. Skips where llama.cpp is not installed."""
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        missing("llama-cpp-python is not installed (make client)")
    assert TINY_MODEL.exists(), "the tiny model is part of the repository"
    return LiveClient().pair(site.url, pairing_code(site)).start()


@pytest.fixture(scope="module")
def _accounts() -> dict[tuple[str, str], StorageState]:
    """Cookies of people who have signed in, by site and name."""
    return {}


@pytest.fixture
def sit(browser: Browser, site: LiveSite, _accounts: dict[tuple[str, str], StorageState]) -> Iterator[Sit]:
    with ExitStack() as contexts:
        seated: list[Visitor] = []

        def sit_down(name: str = "", url: str = "", size: tuple[int, int] = DESKTOP) -> Visitor:
            url = url or site.url
            key = (url, name)
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, storage_state=_accounts.get(key), base_url=url
            )
            contexts.callback(leave, context)
            context.set_default_timeout(PAGE_SECONDS * 1000)
            visitor = Visitor(context, url)
            seated.append(visitor)
            if name and key not in _accounts:
                known = name == "olga" or any(other == name for _, other in _accounts)
                visitor.sign_in(name) if known else visitor.sign_up(name)
                _accounts[key] = context.storage_state()
            return visitor

        yield sit_down
        complaints = [complaint for visitor in seated for complaint in visitor.complaints]
    assert not complaints, "the pages complained"


@pytest.fixture
def alice(sit: Sit) -> Visitor:
    """Alice, a member, at her desk."""
    return sit("alice")


@pytest.fixture
def at_full_speed(client: LiveClient) -> Iterator[None]:
    """The engine is let go after a test that slowed or froze it, whatever became of the test."""
    yield
    client.full_speed()
