"""Olga watches her inference clients and gives one an order, at a desk and on a phone."""

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.services.client import LiveClient

pytestmark = [pytest.mark.journey, pytest.mark.browser]

LIVE = "/admin/chat/node/live/"


def test_the_page_follows_what_happens_and_leaves_the_reader_in_peace(sit: Sit) -> None:
    page = sit("olga").go(LIVE).page
    expect(page.get_by_test_id("empty")).to_be_visible()
    expect(page.get_by_test_id("live-state")).to_have_text("Live.")


def top_of(button: Locator) -> float:
    box = button.bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_client_is_there_without_a_reload_and_can_be_paused(
    sit: Sit, client: LiveClient, size: tuple[int, int]
) -> None:
    page = sit("olga", size=size).go(LIVE).page
    card = page.get_by_test_id("node").first
    expect(card.get_by_test_id("state")).to_contain_text("connected")
    expect(card.get_by_test_id("breaker")).to_have_text("closed")
    card.locator("summary", has_text="Revoke").click()
    sure = card.get_by_role("button", name="Yes, revoke")
    sure.focus()
    before = top_of(sure)
    # Another device pauses it: this page shows that, and keeps the open question, the focus and the place.
    other = sit("olga").go(LIVE).page
    other.get_by_role("button", name="Pause").click()
    expect(card.get_by_test_id("state")).to_contain_text("paused")
    expect(card.get_by_role("button", name="Resume")).to_be_visible()
    expect(sure).to_be_focused()
    assert abs(top_of(sure) - before) <= 1
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    other.get_by_role("button", name="Resume").click()
    expect(card.get_by_test_id("state")).to_contain_text("connected")


def test_without_scripts_the_page_says_the_same(sit: Sit, client: LiveClient) -> None:
    visitor = sit("olga")
    visitor.go(LIVE)
    browser = visitor.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=visitor.context.storage_state())
    try:
        page = plain.new_page()
        page.goto(visitor.url + LIVE)
        expect(page.get_by_test_id("state")).to_contain_text("connected")
        expect(page.get_by_test_id("live-state")).to_contain_text("Reload the page")
        page.locator("summary", has_text="Rotate key").click()
        page.get_by_role("button", name="Yes, make a code").click()
        expect(page.get_by_test_id("pairing-code")).to_contain_text("ML1-")
    finally:
        plain.close()
