"""What a model thinks, as a person sees it: open while it thinks, aside once it answers, whole after any reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from inference_client.protocol.vocabulary import ToolCall
from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def box(chat: Chat) -> Locator:
    return chat.last_answer.get_by_test_id("thinking")


def thoughts(chat: Chat) -> Locator:
    return chat.last_answer.get_by_test_id("thoughts")


def body(chat: Chat) -> Locator:
    return chat.last_answer.get_by_test_id("message-body")


def over(chat: Chat) -> None:
    expect(chat.last_answer).to_have_attribute("data-state", "done")


def test_thinking_is_open_until_the_answer_begins(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    node.next_job()
    expect(box(chat)).not_to_be_visible()
    node.think("Let me <b>see</b> 🦎.\n")
    expect(box(chat)).to_have_attribute("open", "")
    expect(thoughts(chat)).to_have_text("Let me <b>see</b> 🦎.\n")
    expect(box(chat).locator("summary")).to_have_text("Thinking…")
    expect(body(chat)).to_have_text("")
    node.think("I have it.")
    node.write("Because of *lizards*.")
    expect(body(chat)).to_have_text("Because of *lizards*.")
    expect(box(chat)).not_to_have_attribute("open", "")
    node.finish()
    over(chat)
    expect(body(chat).locator("em")).to_have_text("lizards")
    assert chat.stored() == "Because of *lizards*.", "Copy gets the answer alone"
    box(chat).locator("summary").press("Enter")
    expect(thoughts(chat)).to_have_text("Let me <b>see</b> 🦎.\nI have it.")
    alice.page.reload()
    expect(box(chat)).not_to_have_attribute("open", "")
    expect(thoughts(chat)).to_have_text("Read it")
    box(chat).locator("summary").press("Enter")
    expect(thoughts(chat)).to_have_text("Let me <b>see</b> 🦎.\nI have it.")


def test_a_reload_in_mid_thinking_and_in_mid_answer_paints_what_there_is(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    node.next_job()
    node.think("First, ")
    expect(thoughts(chat)).to_have_text("First, ")
    alice.page.reload()
    expect(thoughts(chat)).to_have_text("First, ")
    expect(box(chat)).to_have_attribute("open", "")
    node.think("second.")
    expect(thoughts(chat)).to_have_text("First, second.")
    node.write("Yes, ")
    expect(body(chat)).to_have_text("Yes, ")
    alice.page.reload()
    expect(body(chat)).to_have_text("Yes, ")
    expect(box(chat)).not_to_have_attribute("open", "")
    expect(thoughts(chat)).to_have_text("First, second.")
    node.write("so it is.")
    node.finish()
    over(chat)
    expect(body(chat)).to_have_text("Yes, so it is.")
    expect(thoughts(chat)).to_have_text("First, second.")


def test_who_closes_the_thinking_is_left_alone_and_a_second_device_sees_the_same(
    alice: Visitor, node: ScriptedNode, sit: Sit
) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    node.next_job()
    node.think("Hm. ")
    box(chat).locator("summary").click()
    expect(box(chat)).not_to_have_attribute("open", "")
    phone = sit("alice", size=PHONE).open_chat(alice.page.url)
    expect(thoughts(phone)).to_have_text("Hm. ")
    node.think("Hm again.")
    expect(thoughts(phone)).to_have_text("Hm. Hm again.")
    expect(box(chat)).not_to_have_attribute("open", "")
    wide = phone.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the phone scrolls sideways"
    box(chat).locator("summary").click()
    node.write("Because.")
    expect(body(chat)).to_have_text("Because.")
    expect(box(chat)).to_have_attribute("open", "")
    node.finish()
    over(chat)
    expect(thoughts(phone)).to_have_text("Hm. Hm again.")


def test_a_tool_that_nobody_offers_is_spoken_of_and_the_thinking_is_kept(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    node.next_job()
    node.think("Hm.")
    expect(thoughts(chat)).to_have_text("Hm.")
    node.finish(ToolCall(id="1", name="look_up", arguments="{}"))
    over(chat)
    said = "The model asked for a tool that this site does not offer (look_up), and ended there."
    expect(chat.last_answer.get_by_test_id("message-note")).to_have_text(said)
    alice.page.reload()
    expect(chat.last_answer.get_by_test_id("message-note")).to_have_text(said)
    box(chat).locator("summary").click()
    expect(thoughts(chat)).to_have_text("Hm.")


def test_alice_tells_a_model_to_think(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    choice = alice.page.get_by_test_id("thinking-choice")
    alice.page.get_by_test_id("settings-open").click()
    expect(choice).to_be_visible()
    assert choice.locator("option").all_inner_texts() == ["as the model does by itself", "off", "on"]
    choice.select_option("on")
    alice.page.get_by_test_id("settings-save").click()
    chat.ask("Why?")
    assert node.next_job().sampling.thinking == "on"
    node.finish()
    over(chat)
    alice.page.reload()
    chat.expect_connected()
    alice.page.get_by_test_id("settings-open").click()
    expect(choice).to_have_value("on")
    choice.select_option("")
    alice.page.get_by_test_id("settings-save").click()
    expect(alice.page.get_by_test_id("settings")).not_to_be_visible()
    chat.ask("And now?")
    assert node.next_job().sampling.thinking is None


def test_what_was_thought_is_opened_where_it_stands(sit: Sit, node: ScriptedNode) -> None:
    """At the end of the conversation the page follows what grows, but not what a reader opens."""
    chat = sit("alice", size=PHONE).open_chat()
    chat.ask("Why?")
    node.next_job()
    node.think("A long thought.\n" * 60)
    node.write("Because.")
    node.finish()
    over(chat)
    summary = box(chat).locator("summary")
    before = summary.bounding_box()
    summary.click()
    expect(thoughts(chat)).to_be_visible()
    expect(chat.page.locator("#to-end")).to_be_visible()
    after = summary.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
