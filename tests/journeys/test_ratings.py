"""Thumbs below an answer, with a reason, on two devices at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def test_an_answer_is_rated_with_a_reason_seen_on_the_phone_and_taken_back_there(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    node.next_job()
    node.write("Because.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    chat.last_answer.get_by_test_id("thumb-down").press("Enter")
    expect(phone.last_answer.get_by_test_id("thumb-down")).to_have_attribute("aria-pressed", "true")
    expect(chat.page.get_by_test_id("reason-correct")).to_have_count(0)
    chat.page.get_by_test_id("reason-wrong").check()
    chat.page.get_by_test_id("rating-comment").fill("It does not say <b>why</b>.")
    chat.page.get_by_test_id("rating-save").click()
    expect(chat.page.get_by_test_id("rating-form")).to_have_count(0)
    expect(chat.last_answer.get_by_test_id("thumb-down")).to_be_focused()
    chat.page.reload()
    chat.expect_connected()
    expect(chat.last_answer.get_by_test_id("thumb-down")).to_have_attribute("aria-pressed", "true")
    phone.last_answer.get_by_test_id("thumb-down").click()
    expect(phone.page.get_by_test_id("rating-comment")).to_have_value("It does not say <b>why</b>.")
    expect(phone.page.get_by_test_id("reason-wrong")).to_be_checked()
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0], "nothing sticks out"
    phone.page.get_by_test_id("rating-withdraw").click()
    for device in (phone, chat):
        expect(device.last_answer.get_by_test_id("thumb-down")).to_have_attribute("aria-pressed", "false")
