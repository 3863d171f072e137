"""A temporary chat, as a person has it: said to be one, gone with a reload, kept only when asked."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

GONE = "nothing of it was stored"
ROWS = "from chat.models import *; print(Conversation.objects.count(), Message.objects.count(), Generation.objects.count(), Chunk.objects.count())"


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def temporary(visitor: Visitor) -> Chat:
    visitor.go("/chat/")
    chat = Chat(visitor)
    chat.expect_connected()
    if not visitor.page.get_by_test_id("temporary-begin").is_visible():
        chat.show_list()
    visitor.page.get_by_test_id("temporary-begin").click()
    expect(visitor.page.get_by_test_id("temporary")).to_contain_text("nothing of it is stored")
    return chat


def ask(chat: Chat, node: ScriptedNode, question: str, answer: str) -> list[str]:
    """Returns what the model read after its system prompt."""
    chat.ask(question)
    job = node.next_job()
    node.write(answer)
    expect(chat.last_answer.get_by_test_id("message-body")).to_contain_text(answer[:5])
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    return [message.content for message in job.messages if message.role != "system"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_it_is_answered_and_gone_with_a_reload(
    sit: Sit, site: LiveSite, node: ScriptedNode, size: tuple[int, int]
) -> None:
    visitor = sit("alice", size=size)
    page = visitor.page
    before = site.manage("shell", "--no-imports", "-c", ROWS)
    chat = temporary(visitor)
    ask(chat, node, "What is a gecko?", "A *lizard*.")
    assert ask(chat, node, "And a skink?", "Another.") == ["What is a gecko?", "A *lizard*.", "And a skink?"]
    expect(chat.answers.first.locator("em")).to_have_text("lizard")
    for tool in ("edit", "fork", "remove", "pin", "regenerate"):
        expect(chat.last_answer.get_by_test_id(tool)).not_to_be_visible()
    expect(page.get_by_test_id("gauge-context")).to_contain_text("5 of 2,048")
    expect(page.get_by_test_id("conversation-row").filter(has_text="gecko")).to_have_count(0)
    expect(page.get_by_test_id("attach-file")).not_to_be_visible()
    page.get_by_test_id("attach-input").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"gecko"})
    expect(page.get_by_test_id("composer-error")).to_contain_text("takes none")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert site.manage("shell", "--no-imports", "-c", ROWS) == before
    assert "gecko" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")

    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", leave)
    page.reload()
    assert asked == ["beforeunload"], "one is warned"
    expect(page.get_by_test_id("temporary")).to_contain_text(GONE)
    expect(page.get_by_test_id("message")).to_have_count(0)
    assert site.manage("shell", "--no-imports", "-c", ROWS) == before
    assert ask(chat, node, "Is it you?", "Yes.") == ["Is it you?"]


def test_it_is_stopped_and_kept(sit: Sit, node: ScriptedNode) -> None:
    visitor = sit("alice")
    page = visitor.page
    chat = temporary(visitor)
    ask(chat, node, "What is a gecko?", "A *lizard*.")
    chat.ask("Tell me more.")
    node.next_job()
    node.write("Well, ")
    expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("Well, ")
    chat.stop()
    node.stopped()
    expect(chat.last_answer.get_by_test_id("message-note")).to_have_text("Stopped.")
    page.get_by_test_id("temporary-keep").click()
    page.wait_for_url("**/chat/*-*/")
    expect(page.get_by_test_id("temporary")).not_to_be_visible()
    expect(page.get_by_test_id("message")).to_have_count(4)
    expect(chat.current_row).to_contain_text("What is a gecko?")
    expect(chat.answers.first.locator("em")).to_have_text("lizard")
