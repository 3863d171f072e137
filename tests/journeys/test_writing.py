"""Writing in the composer, at a desk and on a phone."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PROMPTS = [
    {"id": "1", "title": "Explain code", "hint": "for somebody new to it"},
    {"id": "2", "title": "Translate", "hint": "into another language"},
]


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def offer_prompts(page: Page) -> list[str]:
    """Puts a stand-in for the library of prompts in the page's reach. Returns what it is asked for, as it grows."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url.split("?q=")[1])
        body: dict[str, object]
        if asked[-1] == "broken":
            body, status = {"error": {"message": "The library is closed.", "code": "closed"}}, 503
        else:
            body, status = {"items": [item for item in PROMPTS if asked[-1].lower() in item["title"].lower()]}, 200
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.route("**/stand-in/**", answer)
    filled = json.dumps({"text": "Into French: "})
    page.route("**/prompts/*/fill/", lambda route: route.fulfill(content_type="application/json", body=filled))
    page.add_init_script(
        "new MutationObserver(() => { const chat = document.getElementById('chat');"
        " if (chat) chat.dataset.urlPromptMenu = '/stand-in/'; }).observe(document, {childList: true, subtree: true});"
    )
    return asked


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_mark_at_the_beginning_of_a_word_offers_a_list(sit: Sit, node: ScriptedNode, size: tuple[int, int]) -> None:
    alice = sit("alice", size=size)
    asked = offer_prompts(alice.page)
    chat = alice.open_chat()
    chat.expect_status("live")
    page, field = alice.page, chat.composer
    menu, options = page.get_by_test_id("menu"), page.get_by_test_id("menu-option")
    field.press_sequentially("and/or C# a@b.org")
    expect(menu).to_be_hidden()
    field.fill("")
    field.press_sequentially("/")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press_sequentially("tran")
    expect(options).to_have_count(1)
    box, within = menu.bounding_box(), page.viewport_size
    assert box and within and box["x"] >= 0 and box["x"] + box["width"] <= within["width"] and box["y"] >= 0
    first = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{first}").get_attribute("aria-selected") == "true"
    field.press("Enter")
    expect(menu).to_be_hidden()
    expect(field).to_have_value("Into French: ")
    expect(field).not_to_have_attribute("aria-expanded", "true")
    field.press("Control+z")
    expect(field).to_have_value("/tran")
    field.fill("")
    field.press_sequentially("say /broken")
    expect(page.get_by_test_id("menu-note")).to_have_text("The library is closed.")
    field.press("Escape")
    expect(menu).to_be_hidden()
    field.press_sequentially("x")
    expect(menu).to_be_hidden()
    assert len(asked) <= 3 + len("broken")


def test_a_model_is_chosen_by_its_name(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    chat.expect_status("live")
    chat.composer.press_sequentially("Hello @")
    option = alice.page.get_by_test_id("menu-option").first
    expect(option).to_be_visible()
    name = option.locator(".option-title").inner_text()
    option.click()
    expect(alice.page.get_by_test_id("model")).to_have_value(name)
    expect(chat.composer).to_have_value("Hello ")
    expect(chat.composer).to_be_focused()


COPY = "lines => navigator.clipboard.writeText(Array.from({length: lines}, (_, at) => `l${at}`).join('\\n'))"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_twenty_thousand_pasted_lines_stand_beside_the_field(
    sit: Sit, node: ScriptedNode, size: tuple[int, int]
) -> None:
    alice = sit("alice", size=size)
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = alice.open_chat()
    chat.expect_status("live")
    page, folded = alice.page, alice.page.get_by_test_id("folded")
    page.evaluate(COPY, 500)
    chat.composer.press("Control+v")
    expect(chat.composer).to_have_value(re.compile("^l0\nl1\n.*l499$", re.DOTALL))
    chat.composer.fill("")
    page.evaluate(COPY, 20_000)
    chat.composer.press("Control+v")
    expect(folded).to_contain_text("Pasted: 20,000 lines")
    chat.composer.press_sequentially("What is this?")
    expect(chat.composer).to_have_value("What is this?")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.reload()
    expect(folded).to_contain_text("Pasted: 20,000 lines")
    chat.expect_connected()
    chat.composer.press("Control+v")
    expect(folded).to_have_count(2)
    folded.last.get_by_role("button").click()
    expect(folded).to_have_count(1)
    expect(chat.composer).to_be_focused()
    chat.composer.press("Enter")
    expect(folded).to_have_count(0)
    assert node.next_job().messages[-1].content == "What is this?\n\n" + "\n".join(f"l{at}" for at in range(20_000))
    node.write("Lines.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
