"""Olga runs the site in a browser: what she announces, switches and changes, others meet; and she looks at the site as Alice."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.test_sharing import looked_at
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def test_what_is_announced_is_read_and_put_away(site: LiveSite, sit: Sit) -> None:
    olga = sit("olga").page
    olga.goto(f"{site.url}/admin/control/announcement/add/")
    olga.get_by_label("Text:").fill("Party on <b>Friday</b>")
    looked_at(olga, "announcement")
    olga.get_by_role("button", name="Save", exact=True).click()
    expect(olga.get_by_text("In force everywhere")).to_be_visible()
    guest = sit("", size=PHONE).page
    guest.goto(f"{site.url}/p/public/")
    told = guest.get_by_test_id("site-news")
    expect(told).to_contain_text("Party on <b>Friday</b>")
    looked_at(guest, "announced-phone")
    told.get_by_role("button", name="Put away").click()
    expect(told).to_have_count(0)
    guest.reload()
    expect(guest.get_by_role("heading", level=1)).to_be_visible()
    expect(told).to_have_count(0)


def test_a_service_and_a_setting_are_changed_and_changed_back(site: LiveSite, sit: Sit) -> None:
    olga = sit("olga").page
    olga.goto(f"{site.url}/admin/control/serviceswitch/")
    looked_at(olga, "services")
    video = olga.locator("[data-service=video]")
    video.get_by_label("on", exact=True).uncheck()
    video.get_by_label("why not").fill("The disk is full.")
    video.get_by_role("button").click()
    expect(olga.get_by_text("In force everywhere")).to_be_visible()
    guest = sit("").page
    guest.goto(f"{site.url}/videos/")
    expect(guest.get_by_text("The disk is full.")).to_be_visible()
    expect(guest.get_by_role("navigation").get_by_text("Videos")).to_have_count(0)
    looked_at(guest, "off")
    olga.goto(f"{site.url}/admin/control/settingchange/")
    row = olga.locator("[data-setting=REGISTRATION]")
    row.get_by_role("combobox").select_option("closed")
    row.get_by_role("button", name="Set REGISTRATION").click()
    expect(olga.locator("#history")).to_contain_text("REGISTRATION")
    looked_at(olga, "settings")
    guest.goto(f"{site.url}/accounts/login/")
    expect(guest.get_by_role("navigation").get_by_text("Sign up")).to_have_count(0)
    olga.get_by_role("button", name="Undo the change of REGISTRATION").click()
    guest.reload()
    expect(guest.get_by_role("navigation").get_by_text("Sign up")).to_be_visible()
    small = sit("olga", size=PHONE).page
    for name, path in (
        ("settings", "control/settingchange"),
        ("services", "control/serviceswitch"),
        ("queue", "jobs/job/queue"),
    ):
        small.goto(f"{site.url}/admin/{path}/")
        looked_at(small, f"{name}-phone")


def test_olga_looks_at_the_site_as_alice(site: LiveSite, sit: Sit) -> None:
    alice = sit("alice").page
    olga = sit("olga").page
    olga.goto(f"{site.url}/admin/accounts/user/?q=alice")
    olga.locator("#result_list").get_by_role("link", name="alice", exact=True).click()
    looked_at(olga, "person")
    olga.get_by_role("link", name="Sign in as").click()
    olga.get_by_label("Reason:").fill("Her chat is empty")
    looked_at(olga, "deed")
    olga.get_by_test_id("deed").click()
    banner = olga.get_by_test_id("acting")
    expect(banner).to_contain_text("you are signed in as alice")
    looked_at(olga, "acting")
    olga.goto(f"{site.url}/chat/")
    expect(banner).to_be_visible()
    looked_at(olga, "acting-chat")
    olga.goto(f"{site.url}/accounts/password/change/")
    expect(olga.get_by_text("this is the member's alone")).to_be_visible()
    olga.get_by_role("button", name="End this").click()
    expect(olga.get_by_role("heading", name="Sign in")).to_be_visible()
    alice.goto(f"{site.url}/dashboard/")
    expect(alice.get_by_test_id("signed-in-as")).to_contain_text("Her chat is empty")
    looked_at(alice, "told")
