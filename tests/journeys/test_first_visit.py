"""From an empty site to the first answer, by the browser and the two commands alone, as the README tells it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

QUESTION = PLAIN_PAIRS[5]


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """A site that nobody has visited."""
    live = LiveSite().prepare().start()
    yield live
    live.end()


@pytest.fixture
def new_client() -> Iterator[LiveClient]:
    """A machine that no site knows."""
    live = LiveClient()
    yield live
    live.end()


def test_from_the_first_visit_to_an_answer(sit: Sit, site: LiveSite, new_client: LiveClient) -> None:
    olga = sit().set_up("olga")
    expect(olga.page.get_by_text("olga").first).to_be_visible()

    charlie = sit()
    charlie.go("/setup/")
    assert "/setup" not in charlie.page.url or "Administrator" not in charlie.page.content(), (
        "there is one first visit only"
    )

    olga.go("/admin/chat/node/")
    olga.page.get_by_role("link", name=re.compile("Add inference client", re.IGNORECASE)).click()
    olga.page.get_by_role("button", name=re.compile("code", re.IGNORECASE)).click()
    code = olga.page.locator("[data-testid=pairing-code]").inner_text().strip()
    new_client.pair(site.url, code).start()

    again = LiveClient().run_command("pair", site.url, code)
    assert again.returncode != 0 and "code" in (again.stdout + again.stderr), "a code works once"

    alice = sit("alice")
    chat = alice.open_chat()
    chat.expect_status("live")
    chat.ask(QUESTION.question)
    chat.expect_answer(QUESTION.answer)
    olga.go("/admin/chat/node/")
    expect(olga.page.locator("#result_list")).to_contain_text("connected")
