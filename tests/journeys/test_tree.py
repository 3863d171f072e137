"""Versions of questions and answers, as a person goes back and forth between them on two devices."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def answer(chat: Chat, node: ScriptedNode, text: str) -> None:
    """The node writes ``text``, and it is over."""
    node.next_job()
    node.write(text)
    node.finish()
    expect(body(chat.last_answer)).to_have_text(text)
    expect(chat.last_answer).to_have_attribute("data-state", "done")


def body(message: Locator) -> Locator:
    return message.get_by_test_id("message-body")


def shown(chat: Chat, *texts: str) -> None:
    expect(chat.page.locator("#messages [data-part=body]")).to_have_text(list(texts))


def question(chat: Chat, number: int = 0) -> Locator:
    return chat.page.locator("#messages article[data-role=user]").nth(number)


def test_versions_of_an_answer_are_turned_through_on_two_devices(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    chat.regenerate()
    answer(chat, node, "Two.")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    shown(phone, "Why?", "Two.")
    expect(chat.last_answer.get_by_test_id("version")).to_have_text("2/2")
    expect(chat.last_answer.get_by_test_id("version-after")).to_be_disabled()
    chat.last_answer.get_by_test_id("version-before").press("Enter")
    shown(chat, "Why?", "One.")
    shown(phone, "Why?", "One.")
    expect(chat.last_answer.get_by_test_id("version-after")).to_be_focused()
    expect(phone.last_answer.get_by_test_id("version")).to_have_text("1/2")
    phone.last_answer.get_by_test_id("version-after").click()
    shown(chat, "Why?", "Two.")
    chat.page.reload()
    shown(chat, "Why?", "Two.")


def test_a_question_is_edited_and_its_old_branch_stays(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    chat.ask("And then?")
    answer(chat, node, "This.")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    question(chat).get_by_test_id("edit").click()
    field = chat.page.get_by_test_id("editor-text")
    expect(field).to_have_value("Why?")
    field.press("Escape")
    expect(field).to_have_count(0)
    question(chat).get_by_test_id("edit").click()
    field.fill("How?")
    field.press("Control+Enter")
    answer(chat, node, "So.")
    shown(chat, "How?", "So.")
    shown(phone, "How?", "So.")
    question(chat).get_by_test_id("version-before").click()
    shown(chat, "Why?", "One.", "And then?", "This.")
    shown(phone, "Why?", "One.", "And then?", "This.")


def test_an_answer_is_edited_on_one_device_and_changes_on_the_other(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    chat.last_answer.get_by_test_id("edit").click()
    chat.page.get_by_test_id("editor-text").fill("**Mine**")
    chat.page.get_by_test_id("editor-save").click()
    expect(body(chat.last_answer).locator("strong")).to_have_text("Mine")
    expect(body(phone.last_answer).locator("strong")).to_have_text("Mine")
    assert phone.stored() == "**Mine**"


def test_a_branch_is_deleted_and_undone(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    chat.ask("And then?")
    answer(chat, node, "This.")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    question(chat, 1).get_by_test_id("remove").click()
    shown(chat, "Why?", "One.")
    shown(phone, "Why?", "One.")
    expect(chat.page.get_by_test_id("toast")).to_contain_text("2 messages were deleted.")
    chat.page.get_by_test_id("undo").click()
    shown(chat, "Why?", "One.", "And then?", "This.")
    shown(phone, "Why?", "One.", "And then?", "This.")


def test_a_stopped_answer_is_continued_where_it_stands(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    node.next_job()
    node.think("Let me see.")
    node.write("Because of ")
    expect(body(chat.last_answer)).to_have_text("Because of ")
    expect(chat.last_answer.get_by_test_id("continue")).not_to_be_visible()
    chat.stop()
    node.stopped()
    expect(chat.last_answer).to_contain_text("Stopped")
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    chat.last_answer.get_by_test_id("continue").click()
    job = node.next_job()
    assert (job.prefix, job.prefix_thinking) == ("Let me see.Because of ", 11)
    expect(body(phone.last_answer)).to_have_text("Because of ")
    node.write("lizards.")
    for device in (chat, phone):
        expect(body(device.last_answer)).to_have_text("Because of lizards.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    assert chat.stored() == "Because of lizards."
    expect(chat.answers).to_have_count(1)
    expect(chat.last_answer.get_by_test_id("continue")).not_to_be_visible()


def test_a_fork_begins_a_conversation_of_its_own(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    chat.ask("And then?")
    answer(chat, node, "This.")
    before = chat.page.url
    chat.answers.first.get_by_test_id("fork").click()
    chat.page.wait_for_url(lambda url: url != before)
    chat.expect_connected()
    shown(chat, "Why?", "One.")
    chat.ask("Or else?")
    answer(chat, node, "That.")
    chat.page.goto(before)
    shown(chat, "Why?", "One.", "And then?", "This.")


def test_a_link_to_a_message_of_another_version_shows_it(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    first = chat.last_id()
    chat.regenerate()
    answer(chat, node, "Two.")
    address = chat.page.url
    alice.open_chat()
    chat.page.goto(f"{address}#m-{first}")
    shown(chat, "Why?", "One.")


def test_messages_sent_meanwhile_wait_in_order_survive_a_reload_and_can_be_taken_back(
    alice: Visitor, node: ScriptedNode
) -> None:
    chat = alice.open_chat()
    chat.ask("One?")
    node.next_job()
    for text in ("Two?", "Three?", "Four?"):
        chat.composer.fill(text)
        chat.composer.press("Enter")
    waiting = alice.page.get_by_test_id("later")
    expect(waiting.locator("span")).to_have_text(["Two?", "Three?", "Four?"])
    alice.page.reload()
    chat.expect_connected()
    waiting.nth(1).get_by_role("button").press("Enter")
    expect(waiting.locator("span")).to_have_text(["Two?", "Four?"])
    node.write("First.")
    node.finish()
    assert node.next_job().messages[-1].content == "Two?"
    expect(waiting.locator("span")).to_have_text(["Four?"])
    node.write("Sec")
    expect(body(chat.last_answer)).to_have_text("Sec")
    chat.stop()
    node.stopped()
    expect(alice.page.get_by_test_id("later-held")).to_contain_text("the answer was stopped")
    alice.page.reload()
    chat.expect_connected()
    expect(waiting.locator("span")).to_have_text(["Four?"])
    alice.page.get_by_test_id("later-release").click()
    assert node.next_job().messages[-1].content == "Four?"
    node.write("Fourth.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    shown(chat, "One?", "First.", "Two?", "Sec", "Four?", "Fourth.")
    expect(alice.page.get_by_test_id("later-list")).not_to_be_visible()


def test_an_answer_that_runs_in_another_branch_is_stopped_from_here(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    answer(chat, node, "One.")
    question(chat).get_by_test_id("edit").click()
    alice.page.get_by_test_id("editor-text").fill("How?")
    alice.page.get_by_test_id("editor-save").click()
    node.next_job()
    node.write("So")
    expect(body(chat.last_answer)).to_have_text("So")
    question(chat).get_by_test_id("version-before").click()
    shown(chat, "Why?", "One.")
    alice.page.reload()
    chat.expect_connected()
    node.write(" it")
    stop = alice.page.get_by_test_id("stop")
    expect(stop).to_be_visible()
    stop.click()
    node.stopped()
    expect(stop).not_to_be_visible()
    shown(chat, "Why?", "One.")
    question(chat).get_by_test_id("version-after").click()
    shown(chat, "How?", "So it")
