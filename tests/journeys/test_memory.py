"""What models remember, as a person sees it: gauges, pinned messages, and a summary at its place in the thread."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Chat
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

SUMMARY = "They spoke of lizards <b>and</b> decided to go on."


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def ask(chat: Chat, node: ScriptedNode, question: str, answer: str) -> str:
    """Returns what the model had to read."""
    chat.ask(question)
    job = node.next_job()
    node.write(answer)
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    return "\n".join(message.content for message in job.messages)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_conversation_is_pinned_summed_up_and_put_right(sit: Sit, node: ScriptedNode, size: tuple[int, int]) -> None:
    visitor = sit("alice", size=size)
    chat = visitor.open_chat()
    page = visitor.page
    gauge = page.get_by_test_id("gauge-context")
    expect(gauge).to_contain_text("of 2,048")
    ask(chat, node, "My name is Ada.", "Hello Ada. " * 20)
    expect(gauge).to_contain_text("Context 5 of 2,048")
    expect(gauge).to_have_attribute("title", "5 of 2,048 tokens of the model's window are in use. Model: tiny.")
    expect(page.get_by_test_id("gauge-budget")).to_contain_text("Week ")
    first = page.get_by_test_id("message").first
    first.get_by_test_id("pin").click()
    expect(first.get_by_test_id("pin-mark")).to_have_text("pinned")
    ask(chat, node, "What are lizards?", "Reptiles. " * 20)
    ask(chat, node, "And geckos?", "Lizards too. " * 20)

    gauge.click()
    dialog = page.get_by_test_id("memory")
    expect(dialog.get_by_test_id("pinned-list")).to_contain_text("You: My name is Ada.")
    dialog.get_by_test_id("summarise").click()
    expect(dialog.get_by_test_id("summary-writing")).to_be_visible()
    job = node.next_job()
    assert "User: My name is Ada." in job.messages[-1].content
    node.write(SUMMARY)
    node.finish()
    expect(dialog.get_by_test_id("summary-writing")).not_to_be_visible()
    dialog.get_by_test_id("memory-close").click()

    block = page.get_by_test_id("checkpoint")
    expect(block.locator("summary")).to_contain_text("models read this instead of the 4 messages above")
    block.locator("summary").press("Enter")
    expect(block.get_by_test_id("summary-text")).to_have_text(SUMMARY)
    block.get_by_test_id("summary-edit").click()
    block.get_by_test_id("editor-text").fill("In my own words.")
    block.get_by_test_id("editor-save").click()
    expect(page.get_by_test_id("summary-text")).to_have_text("In my own words.")
    expect(page.get_by_test_id("checkpoint")).to_contain_text("Changed by hand")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"

    read = ask(chat, node, "What is my name?", "Ada.")
    assert "In my own words." in read
    assert "User: My name is Ada." in read, "it is pinned"
    assert "What are lizards?" not in read
    expect(chat.last_answer.get_by_test_id("message-note")).to_contain_text("the model read a summary")

    page.reload()
    chat.expect_connected()
    block = page.get_by_test_id("checkpoint")
    block.locator("summary").press("Enter")
    block.get_by_test_id("summary-delete").click()
    page.get_by_test_id("confirm-yes").click()
    expect(block).to_have_count(0)
    assert "What are lizards?" in ask(chat, node, "And now?", "All of it.")


def test_who_asks_for_a_summary_that_fails_is_told(sit: Sit, node: ScriptedNode) -> None:
    visitor = sit("alice")
    chat = visitor.open_chat()
    ask(chat, node, "Why?", "Because. " * 20)
    visitor.page.get_by_test_id("gauge-context").click()
    visitor.page.get_by_test_id("summarise").click()
    expect(visitor.page.get_by_test_id("memory-problem")).to_contain_text("too little")
    visitor.page.get_by_test_id("memory-close").click()
    ask(chat, node, "Why then?", "Therefore. " * 20)
    visitor.page.get_by_test_id("gauge-context").click()
    visitor.page.get_by_test_id("summarise").click()
    node.next_job()
    node.finish()
    expect(visitor.page.get_by_test_id("memory-problem")).to_contain_text(
        "nothing has changed. The model wrote nothing."
    )
    expect(visitor.page.get_by_test_id("checkpoint")).to_have_count(0)
