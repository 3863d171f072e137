"""Answers are formatted while they are being written."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

OVER = "# Geckos\n\nThey **climb**.\n\n```python\nfeed(gecko)\n\nrest()\n```\n\n"
OPEN = "Still *being written* and"
END = " over.\n"

LISTEN = """() => {
    window.heard = [];
    const speaks = (node) => node?.parentElement?.closest('[aria-live], [role=status], [role=alert], [role=log]');
    new MutationObserver((changes) => {
        for (const { target } of changes) {
            const region = speaks(target) ?? target.closest?.('[aria-live], [role=status], [role=alert], [role=log]');
            if (region?.id === 'announcer' || region?.contains(document.getElementById('messages')) || document.getElementById('messages').contains(region))
                window.heard.push(region.textContent);
        }
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
"""Notes what a screen reader is told: by the page's announcer, or by any live region in or around the messages."""


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_over_is_formatted_and_the_rest_is_text(sit: Sit, node: ScriptedNode, size: tuple[int, int]) -> None:
    alice = sit("alice", size=size)
    chat = alice.open_chat()
    chat.expect_status("live")
    alice.page.evaluate(LISTEN)
    chat.ask("Tell me about geckos.")
    node.next_job()
    body = chat.last_answer.get_by_test_id("message-body")
    heading = body.locator("h1")
    for at in range(0, len(OVER), 7):
        node.write(OVER[at : at + 7])
    # Rendered at most once a second, and only when something new is stored.
    node.write(OPEN)
    for _ in range(40):
        if heading.count():
            break
        alice.page.wait_for_timeout(250)
        node.write(".")
    expect(heading).to_have_text("Geckos")
    expect(body.locator("strong")).to_have_text("climb")
    expect(body.get_by_test_id("copy-code")).to_have_count(1)
    expect(body.locator(".tail").last).to_contain_text("Still *being written* and")
    assert chat.last_answer.get_attribute("data-state") == "streaming"
    # Another device, and this one after a reload, find it the same.
    assert alice.page.evaluate("window.heard") == ["The answer begins."]
    alice.page.reload()
    alice.page.evaluate(LISTEN)
    expect(heading).to_have_text("Geckos")
    expect(body.locator(".tail").last).to_contain_text("Still *being written* and")
    expect(body.locator("pre")).to_contain_text("feed(gecko)\n\nrest()")
    node.write(END)
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    expect(body.locator("em")).to_have_text("being written")
    expect(body.locator(".tail")).to_have_count(0)
    assert body.locator("h1").count() == 1
    # Its beginning and its end are told, and nothing of what streams between.
    assert alice.page.evaluate("window.heard") == ["Answer ready."]
    assert chat.stored().startswith(OVER + OPEN)
