"""Small ways out of a conversation and into it: an answer, a block of code and a file become pastes, documents become a collection that is
asked by its name, and what somebody wants remembered is, at a click.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PROGRAM = "".join(f"print('a gecko sleeps', {number})\n" for number in range(30))
ANSWER = f"Here it is.\n\n```python\n{PROGRAM}```\n"


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def answered(chat: Chat, node: ScriptedNode, question: str, answer: str) -> None:
    chat.ask(question)
    node.next_job()
    node.write(answer)
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")


def raw(page: Page) -> str:
    """What a paste holds, whose page a tab shows."""
    page.wait_for_url(re.compile(r"/p/[^/]+/$"))
    response = page.request.get(f"{page.url}raw/")
    assert response.ok, response.status
    return response.text()


def test_answers_code_and_files_become_pastes(alice: Visitor, node: ScriptedNode) -> None:
    chat, page = alice.open_chat(), alice.page
    answered(chat, node, "Write me a program that greets, as hello.py", ANSWER)
    article = chat.last_answer
    article.hover()
    with page.expect_popup() as opened:
        article.get_by_test_id("paste-answer").click()
    assert raw(opened.value).strip() == ANSWER.strip()
    with page.expect_popup() as opened:
        article.get_by_role("button", name="Save as a paste").click()
    assert raw(opened.value) == PROGRAM
    page.get_by_test_id("files-open").click()
    page.get_by_test_id("files-list").get_by_text("hello.py").click()
    with page.expect_popup() as opened:
        page.get_by_test_id("file-paste").click()
    tab = opened.value
    assert raw(tab) == PROGRAM
    expect(tab.get_by_text("hello.py").first).to_be_visible()


def test_documents_become_a_collection_that_is_asked_by_name(
    alice: Visitor, node: ScriptedNode, tmp_path: Path
) -> None:
    page = alice.go("/chat/knowledge/").page
    page.locator("main [name=name]").fill("Vivarium")
    page.get_by_test_id("make-collection").click()
    heating, broken = tmp_path / "heating.md", tmp_path / "broken.pdf"
    heating.write_text("# Heating\n\nThe basking spot of the zorblatt lizard is kept at 38 degrees.\n")
    broken.write_bytes(b"%PDF-1.7 and nothing of the kind")
    page.get_by_test_id("document-files").set_input_files([heating, broken])
    page.get_by_test_id("add-files").click()
    coming = page.get_by_test_id("coming")
    expect(coming).to_have_text([re.compile(r"heating\.md.*added"), re.compile(r"broken\.pdf.+\.")])
    page.reload()
    expect(page.get_by_test_id("document-row")).to_have_count(1 + page.get_by_test_id("document-error").count())
    chat = alice.open_chat()
    chat.composer.fill("#viva")
    expect(page.get_by_role("option")).to_contain_text(["Vivarium"])
    chat.composer.press("Enter")
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/$"))
    chat.expect_connected()
    chat.ask("How warm is the basking spot of the zorblatt?")
    job = node.next_job()
    assert any("38 degrees" in message.content for message in job.messages)
    node.write("38 degrees [1].")
    node.finish()
    expect(chat.last_answer.get_by_test_id("cited")).to_contain_text("heating.md")


def test_what_somebody_wants_remembered_is_at_a_click_and_not_before(
    alice: Visitor, sit: Sit, node: ScriptedNode
) -> None:
    chat, page = alice.open_chat(), alice.page
    box = page.get_by_test_id("remember")
    answered(chat, node, "Quote it for me", "Remember that I am a robot, remember that.")
    expect(box).not_to_be_visible()
    answered(chat, node, "Remember that I am vegetarian. What can I eat?", "Remember: lentils.")
    expect(page.get_by_test_id("remember-fact")).to_have_value("I am vegetarian")
    expect(chat.composer).to_be_focused()
    chat.composer.press("Enter")
    assert "vegetarian" not in alice.context.request.get("/chat/memory/").text()
    page.get_by_test_id("remember-yes").click()
    expect(box).not_to_be_visible()
    expect(page.get_by_test_id("toast")).to_contain_text("Remembered")
    assert "I am vegetarian" in alice.context.request.get("/chat/memory/").text()
    chat.ask("And what else?")
    assert any("I am vegetarian" in message.content for message in node.next_job().messages)
    node.write("Beans.")
    node.finish()
    page.get_by_test_id("toast").get_by_test_id("undo").click()
    expect(page.get_by_test_id("toast")).not_to_be_visible()
    phone = sit("alice", size=PHONE)
    there = phone.open_chat(page.url.removeprefix(alice.url))
    assert "vegetarian" not in phone.context.request.get("/chat/memory/").text()
    answered(there, node, "I live in Porto, remember that.", "I will.")
    expect(phone.page.get_by_test_id("remember-fact")).to_have_value("I live in Porto")
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.page.get_by_test_id("remember-no").click()
    expect(phone.page.get_by_test_id("remember")).not_to_be_visible()
