"""The site as an installed program: an offline page in its own look, drafts that stay, and nothing private left behind."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.journey]

PATIENCE = 60_000
"""Milliseconds: a browser installs a worker when it has nothing better to do."""

CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const body = await (await cache.match(request)).text();
            found.push([name, new URL(request.url).pathname, body]);
        }
    }
    return found;
}"""


HOLD_SOCKETS = """
const Real = WebSocket;
window.sockets = [];
window.WebSocket = class extends Real {
    constructor(...given) {
        super(...given);
        window.sockets.push(this);
    }
};
"""


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def installed(page: Page) -> None:
    """The worker is there: it answers the next navigation, whether it controls this page already or not."""
    active = "async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'"
    page.wait_for_function(active, timeout=PATIENCE)


def cached(page: Page) -> list[tuple[str, str, str]]:
    found: list[Any] = page.evaluate(CACHED)
    return [(name, path, body) for name, path, body in found]


def test_on_the_train_one_goes_on_typing_and_everything_is_there_again_afterwards(sit: Sit, node: ScriptedNode) -> None:
    visitor = sit("alice", size=PHONE)
    chat = visitor.open_chat()
    installed(chat.page)
    chat.ask("Why?")
    node.next_job()
    node.write("A secret of mine.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    address = chat.page.url
    visitor.context.set_offline(True)
    chat.composer.fill("On the train")
    chat.page.reload()
    expect(chat.page.get_by_test_id("offline")).to_be_visible()
    colour = chat.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert colour != "rgba(0, 0, 0, 0)" and colour != "rgb(255, 255, 255)", "in the theme"
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    visitor.context.set_offline(False)
    chat.page.get_by_test_id("try-again").click()
    chat.expect_connected()
    assert chat.page.url == address
    expect(chat.composer).to_have_value("On the train")
    kept = cached(chat.page)
    assert any(path == "/offline/" for _, path, _ in kept)
    assert all(path == "/offline/" or path.startswith("/static/") for _, path, _ in kept)
    assert not any("secret" in body or "alice" in body for _, _, body in kept)


def test_a_message_written_without_connection_waits_in_sight_and_goes_out(sit: Sit, node: ScriptedNode) -> None:
    visitor = sit("alice")
    visitor.page.add_init_script(HOLD_SOCKETS)
    chat = visitor.open_chat()
    chat.ask("Why?")
    node.next_job()
    node.write("So.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    # The browser's own switch lets open sockets live.
    visitor.context.set_offline(True)
    chat.page.evaluate("() => window.sockets.forEach((socket) => socket.close())")
    expect(chat.page.locator("#chat[data-connection=open]")).to_have_count(0)
    chat.composer.fill("And then?")
    chat.composer.press("Enter")
    pending = chat.page.locator("[data-pending]")
    expect(pending.get_by_test_id("message-note")).to_contain_text("Waits for the connection")
    visitor.context.set_offline(False)
    assert node.next_job().messages[-1].content == "And then?"
    node.write("Then that.")
    node.finish()
    expect(pending).to_have_count(0)
    expect(chat.page.locator("#messages [data-part=body]")).to_have_text(["Why?", "So.", "And then?", "Then that."])


def test_signing_out_leaves_no_worker_and_no_files(sit: Sit) -> None:
    page = sit("bob").open_chat().page
    installed(page)
    assert cached(page)
    page.get_by_text("bob", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    confirm = page.locator("main form button[type=submit]")
    if confirm.count():
        confirm.first.click()
    page.wait_for_function(
        "async () => (await navigator.serviceWorker.getRegistrations()).length === 0", timeout=PATIENCE
    )
    page.wait_for_function("async () => (await caches.keys()).length === 0", timeout=PATIENCE)
