"""Programs are killed in mid-answer; the reader sees one answer without a gap or a repetition."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit
from tests.journeys.pages import STORIES, Visitor
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.usefixtures("at_full_speed")]

SHORT = PLAIN_PAIRS[1]


def test_the_client_is_killed_in_mid_answer_and_comes_back(alice: Visitor, client: LiveClient) -> None:
    story = STORIES[0]
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 80)
    client.kill()
    expect(chat.last_answer).to_contain_text("reconnect", ignore_case=True)
    before = chat.shown()
    assert len(before) >= 80, "what was there stays there"
    client.start()
    chat.expect_answer(story.answer)


def test_the_client_is_ended_in_mid_answer_and_comes_back(alice: Visitor, client: LiveClient) -> None:
    story = STORIES[1]
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 80)
    assert client.terminate() == 0
    client.start()
    chat.expect_answer(story.answer)


def test_the_site_is_killed_in_mid_answer_and_comes_back(alice: Visitor, client: LiveClient, site: LiveSite) -> None:
    story = STORIES[0]
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 80)
    site.kill()
    site.start()
    client.full_speed()
    chat.expect_answer(story.answer)
    alice.page.reload()
    chat.expect_answer(story.answer)
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer, count=2)


def test_the_site_ends_cleanly_in_mid_answer_and_comes_back(alice: Visitor, client: LiveClient, site: LiveSite) -> None:
    story = STORIES[1]
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 80)
    assert site.terminate() == 0
    site.start()
    client.full_speed()
    chat.expect_answer(story.answer)


def test_a_revoked_client_is_cut_off_at_once(alice: Visitor, client: LiveClient, sit: Sit) -> None:
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(STORIES[0].question)
    chat.wait_part(STORIES[0].answer, 80)
    olga = sit("olga").go("/admin/chat/node/")
    olga.page.locator("input.action-select").first.check()
    olga.page.locator("select[name=action]").select_option("revoke")
    olga.page.locator("button[name=index]").first.click()
    expect(olga.page.get_by_text("1 inference client revoked.")).to_be_visible()
    # The client is told not to come back, and ends by itself.
    assert client.program.wait(10) != 0
    assert "access was withdrawn" in client.program.tail()
    chat.expect_status("offline")
