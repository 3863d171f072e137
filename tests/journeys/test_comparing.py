"""Several models answer one question side by side, at a desk and on a phone, until one is kept."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site, "newt", "toad") as node:
        yield node


def compare(chat: Chat, text: str, *, blind: bool = False) -> None:
    """Asks both models."""
    box = chat.page.get_by_test_id("compare")
    box.locator("summary").click()
    for model in ("newt", "toad"):
        box.get_by_label(model).check()
    if blind:
        box.get_by_test_id("compare-blind").check()
    chat.composer.fill(text)
    chat.composer.press("Enter")
    expect(columns(chat)).to_have_count(2)


def columns(chat: Chat) -> Locator:
    return chat.page.locator("#comparison article")


def body(article: Locator) -> Locator:
    return article.get_by_test_id("message-body")


def test_two_answers_stream_side_by_side_on_two_devices_and_one_is_kept(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    compare(chat, "Why?")
    jobs = node.next_jobs(2)
    phone = sit("alice", size=PHONE).open_chat(chat.page.url)
    for name in ("newt", "toad", "newt"):
        node.turn_to(jobs[name])
        node.write(f"{name}. ")
    for device in (chat, phone):
        expect(body(columns(device).nth(0))).to_have_text("newt. newt. ")
        expect(body(columns(device).nth(1))).to_have_text("toad. ")
        expect(columns(device).locator("h2")).to_have_text(["newt", "toad"])
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], "cards are swiped, the page is not"
    left, right = (columns(chat).nth(at).bounding_box() for at in (0, 1))
    assert left and right and left["y"] == right["y"] and right["x"] >= left["x"] + left["width"]
    # What is written meanwhile waits for the choice.
    chat.composer.fill("And then?")
    chat.composer.press("Enter")
    expect(chat.page.get_by_test_id("later")).to_have_count(1)
    chat.page.reload()
    chat.expect_connected()
    expect(body(columns(chat).nth(0))).to_have_text("newt. newt. ")
    node.turn_to(jobs["toad"])
    node.finish()
    expect(columns(chat).nth(1)).to_have_attribute("data-state", "done")
    columns(phone).nth(1).get_by_test_id("keep-answer").click()
    node.turn_to(jobs["newt"])
    node.stopped()
    for device in (phone, chat):
        expect(device.page.get_by_test_id("comparison")).not_to_be_visible()
    assert node.next_job().messages[-1].content == "And then?"
    node.write("Then that.")
    node.finish()
    for device in (phone, chat):
        expect(device.page.locator("#messages [data-part=body]")).to_have_text(
            ["Why?", "toad.", "And then?", "Then that."]
        )
        expect(device.answers.first.get_by_test_id("version")).to_have_text("2/2")


def test_names_are_hidden_until_one_is_kept_and_each_answer_is_stopped_by_itself(sit: Sit, node: ScriptedNode) -> None:
    phone = sit("alice", size=PHONE).open_chat()
    compare(phone, "Who are you?", blind=True)
    jobs = node.next_jobs(2)
    names = phone.page.locator("#comparison h2")
    expect(names).to_have_text(["A", "B"])
    node.turn_to(jobs["toad"])
    node.write("I am green.")
    node.turn_to(jobs["newt"])
    node.write("I")
    toad = columns(phone).filter(has_text="I am green.")
    newt = columns(phone).filter(has_not_text="I am green.")
    # Of one element first: before the text is there, both look alike.
    expect(toad).to_have_count(1)
    expect(body(newt)).to_have_text("I")
    phone.composer.fill("And then?")
    phone.composer.press("Enter")
    newt.get_by_test_id("stop-answer").click()
    node.stopped()
    expect(newt).to_have_attribute("data-state", "cancelled")
    expect(newt.get_by_test_id("stop-answer")).not_to_be_visible()
    node.turn_to(jobs["toad"])
    node.finish()
    expect(toad).to_have_attribute("data-state", "done")
    expect(names).to_have_text(["A", "B"])
    # No answer runs any more, and still what was written waits: nobody has said yet which of them it follows.
    waiting = phone.page.get_by_test_id("later")
    expect(waiting).to_have_count(1)
    phone.page.reload()
    phone.expect_connected()
    expect(names).to_have_text(["A", "B"])
    expect(waiting).to_have_count(1)
    toad.get_by_test_id("keep-answer").press("Enter")
    expect(phone.answers.first.locator("h2")).to_have_text("toad")
    assert [message.content for message in node.next_job().messages[-2:]] == ["I am green.", "And then?"]
    node.finish()
    expect(phone.page.locator("#messages [data-part=body]")).to_have_text(
        ["Who are you?", "I am green.", "And then?", ""]
    )


def test_one_model_is_no_comparison(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice").open_chat()
    chat.page.get_by_test_id("compare").locator("summary").click()
    chat.page.get_by_test_id("compare-model").first.check()
    chat.composer.fill("Why?")
    chat.composer.press("Enter")
    expect(chat.page.get_by_test_id("composer-error")).to_contain_text("two to four")
    expect(chat.composer).to_have_value("Why?")
    expect(chat.answers).to_have_count(0)
