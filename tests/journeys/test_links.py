"""Alice shortens an address, gives it a password and a rule, and a visitor follows it out of the site."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Visitor
from tests.shortener.visiting import FIREFOX

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_a_link_is_made_ruled_and_followed(alice: Visitor, sit: Sit) -> None:
    page = alice.go("/links/new/").page
    page.locator("#id_target").fill("https://example.org/wall")
    page.locator("#id_slug").fill("warm-wall")
    expect(page.locator("[data-slug-state]")).to_have_text("This slug is free.")
    expect(page.get_by_alt_text("QR code of the short address")).to_have_js_property("complete", True)
    page.locator("#id_password").fill("open sesame")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Condition to add").select_option("query")
    page.get_by_label("name", exact=True).fill("who")
    page.get_by_label("leads to").fill("https://example.org/ruled")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("made-address")).to_have_value(re.compile("/s/warm-wall$"))

    guest = sit("", size=PHONE)
    guest.go("/s/warm-wall?who=me")
    guest.page.get_by_label("Password").fill("close sesame")
    guest.page.get_by_test_id("open").click()
    expect(guest.page.get_by_text("This is not the password.")).to_be_visible()
    guest.page.get_by_label("Password").fill("open sesame")
    # That it is asked for is enough: nothing answers there, and a policy that forbids the way on would stop it before.
    with guest.page.expect_request("https://example.org/ruled"):
        guest.page.get_by_test_id("open").click()
    plain = guest.context.request.get("/s/warm-wall", max_redirects=0, headers={"User-Agent": FIREFOX})
    assert plain.headers["location"] == "https://example.org/wall"

    page.get_by_role("link", name="of warm-wall: statistics").click()
    # One of the two was by a browser of tests, which is told from people.
    expect(page.locator("[data-live-clicks]")).to_have_text("1")
    page.get_by_role("link", name="← warm-wall").click()
    expect(page.locator(".rules > li")).to_have_count(1)


def test_a_link_is_deleted_after_a_question(alice: Visitor) -> None:
    page = alice.go("/links/").page
    page.locator("#id_target").fill("https://example.org/")
    page.get_by_test_id("shorten").click()
    expect(page.get_by_test_id("links").locator("li")).not_to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_test_id("links").locator("a.short").first.click()
    page.get_by_test_id("delete").click()
    expect(page.get_by_text("was deleted")).to_be_visible()
