"""The side bar as a place to keep order in: pins, archive, folders, tags, unread marks, several at once, and the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

MAKE = (
    "from chat import actions; from meatlizard.accounts.models import User; from chat.models import Conversation;"
    "owner = User.objects.get(username='{name}'); Conversation.objects.filter(owner=owner).delete(); owner.folders.all().delete();"
    "[actions.rename(actions.create_conversation(owner), title) for title in {titles}]"
)


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


@pytest.fixture
def alice(sit: Sit, site: LiveSite) -> Visitor:
    """With four conversations."""
    alice = sit("alice")
    titles = ["Ants", "Bees", "Cats", "Dogs"]
    site.manage("shell", "--no-imports", "-c", MAKE.format(name="alice", titles=titles))
    return alice


def rows(page: Page) -> Locator:
    return page.get_by_test_id("conversation-row").locator("[data-part=title]")


def more(chat: Chat, title: str) -> None:
    chat.row(title).hover()
    chat.row(title).get_by_test_id("more").click()


def do(page: Page, verb: str) -> None:
    page.get_by_test_id(f"do-{verb}").click()


def test_pinned_first_archived_away_and_back_on_two_devices(alice: Visitor, sit: Sit) -> None:
    chat = alice.open_chat()
    phone = sit("alice", size=PHONE).open_chat()
    more(chat, "Ants")
    do(alice.page, "pin")
    for page in (alice.page, phone.page):
        expect(rows(page)).to_have_text(["Ants", "Dogs", "Cats", "Bees"])
    more(chat, "Cats")
    do(alice.page, "archive")
    for page in (alice.page, phone.page):
        expect(rows(page)).to_have_text(["Ants", "Dogs", "Bees"])
    alice.page.get_by_test_id("view").select_option("archived")
    expect(rows(alice.page)).to_have_text(["Cats"])
    alice.page.get_by_test_id("undo").click()
    expect(rows(alice.page)).to_have_count(0)
    expect(alice.page.get_by_text("Nothing is archived.")).to_be_visible()
    alice.page.get_by_test_id("view").select_option("")
    expect(rows(alice.page)).to_have_text(["Ants", "Dogs", "Cats", "Bees"])


def test_several_are_tagged_filed_and_deleted_at_once_and_taken_back(alice: Visitor) -> None:
    chat = alice.open_chat()
    page = alice.page
    page.get_by_test_id("folders-open").click()
    page.get_by_test_id("folder-name").fill("Animals")
    page.get_by_test_id("folder-prompt").fill("Be kind.")
    page.get_by_test_id("folder-save").click()
    expect(page.get_by_test_id("folders")).not_to_be_visible()
    page.get_by_test_id("choose").click()
    for title in ("Bees", "Dogs"):
        chat.row(title).get_by_test_id("row-pick").check()
    expect(page.get_by_test_id("chosen-count")).to_have_text("2 chosen")
    page.get_by_test_id("chosen-organize").click()
    page.get_by_test_id("organize-tag").fill("Small Ones")
    page.get_by_test_id("organize-tag").press("Enter")
    expect(page.get_by_test_id("tag")).to_have_text("#small-ones ×")
    page.get_by_test_id("organize-folder").select_option("Animals")
    do(page, "move")
    expect(page.get_by_test_id("organize")).not_to_be_visible()
    page.get_by_test_id("view").select_option("#small-ones")
    expect(rows(page)).to_have_text(["Dogs", "Bees"])
    page.get_by_test_id("view").select_option("Animals")
    expect(rows(page)).to_have_text(["Dogs", "Bees"])
    page.reload()
    expect(rows(page)).to_have_text(["Dogs", "Bees"])
    page.get_by_test_id("choose").click()
    page.get_by_test_id("choose-all").click()
    page.get_by_test_id("chosen-organize").click()
    do(page, "delete")
    expect(rows(page)).to_have_count(0)
    page.get_by_test_id("undo").click()
    expect(rows(page)).to_have_text(["Dogs", "Bees"])


def test_the_open_conversation_is_deleted_and_undone_on_the_next_page(alice: Visitor) -> None:
    chat = alice.open_chat()
    chat.row("Bees").locator("a").click()
    chat.expect_connected()
    expect(chat.current_row).to_contain_text("Bees")
    chat.delete()
    expect(alice.page.get_by_test_id("toast")).to_contain_text("was deleted")
    alice.page.get_by_test_id("undo").click()
    expect(rows(alice.page)).to_have_text(["Dogs", "Cats", "Bees", "Ants"])
    more(chat, "Bees")
    do(alice.page, "delete")
    expect(rows(alice.page)).to_have_text(["Dogs", "Cats", "Ants"])
    alice.page.get_by_test_id("view").select_option("trash")
    chat.row("Bees").locator("a").click()
    do(alice.page, "erase")
    alice.page.get_by_test_id("confirm-yes").click()
    expect(rows(alice.page)).to_have_count(0)


def test_the_way_back_is_offered_also_when_the_news_of_it_comes_before_the_answer(alice: Visitor) -> None:
    chat = alice.open_chat()
    chat.row("Bees").locator("a").click()
    chat.expect_connected()
    expect(chat.current_row).to_contain_text("Bees")
    # Carried out by the site, its answer never passed on: what leaves the page is the socket's event.
    alice.page.route("**/chat/keep/", lambda route: route.fetch())
    chat.current_row.hover()
    chat.current_row.get_by_test_id("delete").click()
    expect(alice.page.get_by_test_id("toast")).to_contain_text("was deleted")
    alice.page.unroute("**/chat/keep/")
    alice.page.get_by_test_id("undo").click()
    expect(rows(alice.page)).to_have_text(["Dogs", "Cats", "Bees", "Ants"])


def test_an_answer_elsewhere_marks_its_conversation_until_it_is_opened(
    alice: Visitor, node: ScriptedNode, sit: Sit
) -> None:
    chat = alice.open_chat()
    chat.ask("Why?")
    node.next_job()
    here = alice.page.url
    other = sit("alice").open_chat()
    alice.go("/chat/")
    chat.expect_connected()
    node.write("So.")
    node.finish()
    row = chat.row("Why?")
    expect(row).to_have_attribute("data-unread", "1")
    expect(other.row("Why?")).to_have_attribute("data-unread", "1")
    alice.page.goto(here)
    chat.expect_connected()
    expect(row).not_to_have_attribute("data-unread", "1")
    expect(other.row("Why?")).not_to_have_attribute("data-unread", "1")


def test_order_is_kept_by_keyboard_at_phone_width(alice: Visitor, sit: Sit, tmp_path: Path) -> None:
    chat = sit("alice", size=PHONE).open_chat()
    page = chat.page
    chat.show_list()
    chat.row("Cats").locator("a").focus()
    for key in ("Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("organize")).to_be_visible()
    page.screenshot(path=tmp_path / "organize.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_test_id("do-pin").press("Enter")
    expect(rows(page).first).to_have_text("Cats")
    # While the dialog is open, keys are its own.
    expect(page.get_by_test_id("organize")).to_be_hidden()
    chat.row("Dogs").locator("a").press("Delete")
    expect(rows(page)).to_have_text(["Cats", "Bees", "Ants"])
