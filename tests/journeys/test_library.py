"""Alice arranges her library with mouse and keys, takes things back, and looks at it on her phone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Visitor
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

SHELF = """
from files import actions
from files.blobs import incoming
from meatlizard.accounts.models import User
def put(name, data):
    coming = incoming.begin()
    coming.append(data.encode())
    actions.store(User.objects.get(username='alice'), None, name, incoming.adopt(coming))
    coming.abandon()
for name in ('ants.txt', 'bees.txt', 'crickets.txt', 'dragonflies.txt'):
    put(name, f'All about {name}')
"""


@pytest.fixture
def shelf(site: LiveSite, alice: Visitor) -> Page:
    """Alice's library with four files in it."""
    if alice.go("/files/").page.get_by_test_id("entry").count() == 0:
        site.manage("shell", "--no-imports", "-c", SHELF)
    return opened(alice)


def opened(visitor: Visitor) -> Page:
    page = visitor.go("/files/").page
    expect(page.locator("#library[data-ready]")).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("entry").filter(has=page.locator(f'a:text-is("{name}"), bdi:text-is("{name}")'))


def shown(page: Page) -> Locator:
    return page.locator("[data-entries] .entry-name > a > bdi")


def test_files_are_arranged_by_mouse_and_keys(shelf: Page) -> None:
    page = shelf
    expect(shown(page)).to_have_text(["ants.txt", "bees.txt", "crickets.txt", "dragonflies.txt"])
    page.keyboard.press("n")
    page.keyboard.type("Insects")
    page.keyboard.press("Enter")
    expect(row(page, "Insects")).to_be_visible()

    # One with the mouse, the rest of a range with Shift, dragged together onto the folder.
    row(page, "ants.txt").locator(".entry-facts").first.click()
    row(page, "crickets.txt").locator(".entry-facts").first.click(modifiers=["Shift"])
    expect(page.locator("[data-count]")).to_have_text("3 selected")
    row(page, "bees.txt").locator(".entry-facts").first.drag_to(row(page, "Insects"))
    expect(shown(page)).to_have_text(["Insects", "dragonflies.txt"])
    page.get_by_test_id("undo").click()
    expect(shown(page)).to_have_text(["Insects", "ants.txt", "bees.txt", "crickets.txt", "dragonflies.txt"])

    # Keys alone: to the second file, renamed where it stands, then into the trash and out again.
    page.locator("h1").click()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    page.keyboard.type("beetles")
    page.keyboard.press("Enter")
    expect(row(page, "beetles.txt")).to_be_visible()
    row(page, "beetles.txt").locator("a").first.focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-count]")).to_have_text("2 selected")
    page.keyboard.press("Delete")
    expect(shown(page)).to_have_text(["Insects", "ants.txt", "dragonflies.txt"])
    page.keyboard.press("Control+z")
    expect(shown(page)).to_have_text(["Insects", "ants.txt", "beetles.txt", "crickets.txt", "dragonflies.txt"])

    # Copied through the dialog, a folder deeper.
    row(page, "ants.txt").locator("a").first.focus()
    page.keyboard.press("c")
    picking = page.get_by_test_id("pick")
    picking.get_by_role("button", name="Insects").click()
    expect(picking.get_by_text("No folders within.")).to_be_visible()
    picking.get_by_test_id("pick-here").click()
    expect(page.get_by_test_id("toast")).to_contain_text("1 thing copied.")
    row(page, "Insects").locator("a").first.click()
    expect(shown(page)).to_have_text(["ants.txt"])
    expect(page.locator("#library[data-ready]")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_test_id("shortcuts")).to_contain_text("To the trash")


def test_a_phone_has_it_all(shelf: Page, sit: Sit) -> None:
    phone = sit("alice", size=PHONE)
    page = opened(phone)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0], f"{wide} px are wider than the phone"
    row(page, "dragonflies.txt").get_by_role("checkbox").check()
    page.get_by_test_id("trash").click()
    expect(row(page, "dragonflies.txt")).to_have_count(0)
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(row(page, "dragonflies.txt")).to_contain_text(re.compile(r"\d+ days left"))
    row(page, "dragonflies.txt").get_by_role("button", name="Restore").click()
    expect(page.get_by_test_id("empty")).to_be_visible()
    opened(phone)
    page.get_by_test_id("view-grid").click()
    expect(page.locator(".entries-list.grid")).to_be_visible()
    expect(row(page, "dragonflies.txt")).to_be_visible()
    page.get_by_test_id("find").fill("dragon")
    page.get_by_test_id("find").press("Enter")
    expect(shown(page)).to_have_text(["dragonflies.txt"])
