"""A card comes in, speaks, and goes out again: at a desk and on a phone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Chat
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def card(name: str) -> FilePayload:
    """A picture with a card in it, as SillyTavern writes them."""
    from tests.chat.personas.pictures import card_png

    book = {
        "extensions": {},
        "entries": [
            {
                "keys": ["kraken"],
                "content": "The kraken sleeps.",
                "enabled": True,
                "insertion_order": 1,
                "extensions": {"mine": 7},
            }
        ],
    }
    data = {
        "name": name, "description": "{{char}} sails.", "first_mes": "Ahoy, **{{user}}**.", "alternate_greetings": ["Land!"],
        "post_history_instructions": "Stay at sea.", "character_book": book, "extensions": {"unheard-of": {"x": [1]}}, "tags": ["sea"],
    }  # fmt: skip
    return {
        "name": "card.png",
        "mimeType": "image/png",
        "buffer": card_png({"spec": "chara_card_v2", "spec_version": "2.0", "data": data}),
    }


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_card_is_imported_speaks_is_changed_and_exported(
    sit: Sit, node: ScriptedNode, size: tuple[int, int], tmp_path: Path
) -> None:
    name = f"Mara{size[0]}"
    alice = sit("alice", size=size)
    page = alice.go("/chat/personas/").page
    page.get_by_test_id("persona-import").click()
    page.get_by_test_id("card-files").set_input_files(card(name))
    page.get_by_test_id("card-submit").click()
    expect(page.get_by_test_id("persona-name")).to_have_text(name)
    expect(page.get_by_test_id("first-message")).to_contain_text("Ahoy, User.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"

    page.get_by_test_id("called").fill("Ali")
    page.get_by_test_id("persona-chat").click()
    chat = Chat(alice)
    chat.expect_connected()
    expect(page.get_by_test_id("persona-chip")).to_contain_text(name)
    expect(chat.last_answer.locator("strong")).to_have_text("Ali")
    page.get_by_test_id("greet").click()
    expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("Land!")
    page.get_by_test_id("greet").click()
    expect(chat.last_answer.locator("strong")).to_have_text("Ali")
    chat.composer.fill("Is there a kraken?")
    chat.composer.press("Enter")
    job = node.next_job()
    read = [message.content for message in job.messages]
    assert f"{name} sails." in read[0] and read[0].endswith("The kraken sleeps.")
    assert read[1:] == ["Ahoy, **Ali**.", "Is there a kraken?", "Stay at sea."]
    node.write("It sleeps.")
    node.finish()
    expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("It sleeps.")
    expect(chat.last_answer.locator("[data-part=author]")).to_have_text(name)

    page.get_by_test_id("persona-chip").click()
    page.get_by_role("link", name="Its page").click()
    page.get_by_test_id("persona-edit").click()
    page.get_by_test_id("add-alternative").click()
    page.get_by_test_id("alternative").last.fill("A sail!")
    page.get_by_test_id("book-entry").locator("summary").click()
    page.get_by_test_id("book-keys").fill("kraken\nsquid")
    page.get_by_test_id("book-add").click()
    expect(page.get_by_test_id("book-keys").last).to_be_focused()
    page.get_by_test_id("book-entry").last.get_by_role("button", name="Remove this entry").click()
    page.get_by_test_id("persona-preview").click()
    expect(page.get_by_test_id("preview-role")).to_contain_text(f"{name} sails.")
    page.get_by_test_id("preview").get_by_role("button", name="Close").click()
    page.get_by_test_id("persona-save").click()
    expect(page.get_by_test_id("persona-name")).to_have_text(name)
    with page.expect_download() as download:
        page.get_by_test_id("persona-json").click()
    out = json.loads(Path(download.value.path()).read_text())["data"]
    assert out["alternate_greetings"] == ["Land!", "A sail!"] and out["extensions"] == {"unheard-of": {"x": [1]}}
    [entry] = out["character_book"]["entries"]
    assert entry["keys"] == ["kraken", "squid"] and entry["extensions"] == {"mine": 7}

    chat = alice.open_chat()
    chat.composer.press_sequentially(f"@{name}")
    page.get_by_test_id("menu-option").first.click()
    page.wait_for_url(lambda url: not url.endswith("/chat/"))
    Chat(alice).expect_connected()
    expect(page.get_by_test_id("persona-chip")).to_contain_text(name)
    expect(Chat(alice).last_answer.get_by_test_id("message-body")).to_contain_text("Ahoy, Ali.")
