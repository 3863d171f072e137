"""The chat by keyboard: what the list under "?" says is what the keys do."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Visitor
from tests.journeys.test_blocks import CODE, answered
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

TWO_TURNS = """
from chat import actions
from chat.models import Message
from chat.messages import plain_html
from django.utils import timezone
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown
talk, parent = actions.create_conversation(User.objects.get(username="alice")), None
for role, text in (("user", "First?"), ("assistant", "One."), ("user", "Second?"), ("assistant", "Two:\\n\\n```sh\\nls -l\\n```")):
    html = plain_html(text) if role == "user" else render_markdown(text)
    parent = Message.objects.create(conversation=talk, parent=parent, role=role, content=text, html=html, created=timezone.now(),
                                    source="person" if role == "user" else "model")
talk.head = parent
talk.save()
print(talk.pk)
"""


def two_turns(site: LiveSite) -> str:
    return f"/chat/{site.manage('shell', '-v', '0', '-c', TWO_TURNS).split()[-1]}/"


def test_keys_do_what_their_list_says(alice: Visitor, site: LiveSite) -> None:
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = alice.open_chat(two_turns(site))
    page, keyboard = alice.page, alice.page.keyboard
    clipboard = "navigator.clipboard.readText()"
    dialog, toast = page.get_by_test_id("shortcuts"), page.get_by_test_id("toast")
    page.locator("#scroll").focus()
    keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog.locator("dt")).to_have_count(16)
    expect(dialog).to_contain_text("Copy the last answer")
    keyboard.press("n")
    expect(dialog).to_be_visible()
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    keyboard.press("c")
    expect(toast).to_contain_text("The last answer was copied.")
    assert page.evaluate(clipboard) == "Two:\n\n```sh\nls -l\n```"
    keyboard.press("b")
    expect(toast).to_contain_text("The last block of code was copied.")
    assert page.evaluate(clipboard) == "ls -l\n"
    messages = page.locator("#messages > [data-message]")
    keyboard.press("k")
    before = page.evaluate("[...document.querySelectorAll('#messages > *')].indexOf(document.activeElement)")
    keyboard.press("j")
    assert (
        page.evaluate("[...document.querySelectorAll('#messages > *')].indexOf(document.activeElement)") == before + 1
    )
    keyboard.press("s")
    expect(page.get_by_test_id("sidebar")).to_be_hidden()
    keyboard.press("s")
    expect(page.get_by_test_id("sidebar")).to_be_visible()
    keyboard.press(",")
    expect(page.get_by_test_id("settings")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("w")
    expect(chat.composer).to_be_focused()
    # In the field letters are letters, and Escape leaves it.
    keyboard.type("nce")
    expect(chat.composer).to_have_value("nce")
    chat.composer.fill("")
    keyboard.press("ArrowUp")
    expect(page.get_by_test_id("editor-text")).to_have_value("Second?")
    keyboard.press("Escape")
    keyboard.press("e")
    expect(page.get_by_test_id("editor-text")).to_have_value("Second?")
    keyboard.press("Escape")
    expect(messages).to_have_count(4)
    keyboard.press("Control+k")
    expect(page.get_by_test_id("search")).to_be_focused()
    page.locator("#scroll").focus()
    keyboard.press("n")
    page.wait_for_url("**/chat/")


def test_keys_of_one_letter_can_be_switched_off(alice: Visitor, site: LiveSite) -> None:
    alice.open_chat(answered(site, CODE))
    page = alice.page
    page.get_by_test_id("shortcuts-open").click()
    page.get_by_test_id("shortcuts-letters").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("shortcuts")).to_be_hidden()
    page.locator("#scroll").focus()
    for key in ("?", "s", "w"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("shortcuts")).to_be_hidden()
    expect(page.get_by_test_id("sidebar")).to_be_visible()
    expect(page.locator("#scroll")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_test_id("search")).to_be_focused()
    page.reload()
    page.get_by_test_id("shortcuts-open").click()
    expect(page.get_by_test_id("shortcuts-letters")).not_to_be_checked()


def test_the_list_of_keys_fits_a_phone(sit: Sit) -> None:
    alice = sit("alice", size=PHONE)
    alice.open_chat()
    alice.page.keyboard.press("Escape")
    alice.page.locator("#scroll").focus()
    alice.page.keyboard.press("?")
    box = alice.page.get_by_test_id("shortcuts").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]
    expect(alice.page.get_by_role("heading", name="Keys")).to_be_in_viewport()


SOURCES = """They climb[^1], says [the zoo](https://zoo.example/geckos), and so does https://zoo.example/geckos again.

[^1]: An [island](https://\u0430pple.example/) far away.
"""


def test_an_answer_lists_its_links_with_their_true_hosts(alice: Visitor, site: LiveSite) -> None:
    chat = alice.open_chat(answered(site, SOURCES))
    sources = chat.last_answer.get_by_test_id("sources")
    expect(sources.locator("summary")).to_have_text("2 sources")
    sources.locator("summary").click()
    expect(sources.locator("a")).to_have_text(["zoo.example", "xn--pple-43d.example"])
    for link in sources.locator("a").all():
        assert "noopener" in (link.get_attribute("rel") or "")
    chat.last_answer.locator(".footnote-ref a").click()
    expect(chat.last_answer.locator(".footnote-item")).to_be_in_viewport()
