"""Viewers of a video: they like it, speak about it and put it into lists; and its owner changes several at once."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

SEED = """
from meatlizard.accounts.models import User
from tests.video.rows import ready
from video.comments import actions
olga = User.objects.get(username="olga")
for name in ("Basking", "Climbing", "Digging"):
    video = ready(olga, name, slug=name.lower())
for number in range(22):
    actions.say(video, olga, f"said {number}")
"""


@pytest.fixture(scope="module", autouse=True)
def _videos(site: LiveSite) -> None:
    site.manage("shell", "--no-imports", "-c", SEED)


def test_one_likes_speaks_and_keeps_a_video(sit: Sit) -> None:
    page = sit("alice").go("/v/digging/").page
    like = page.get_by_test_id("like")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_contain_text("1")
    comments = page.get_by_test_id("comment")
    expect(comments).to_have_count(20)
    page.get_by_test_id("comment-text").fill("Look at **0:03**")
    page.get_by_test_id("comment-send").click()
    mine = comments.filter(has_text="Look at")
    expect(mine.get_by_role("link", name="0:03")).to_be_visible()
    page.get_by_test_id("comments-more").click()
    expect(comments).to_have_count(23)
    # Far down nothing is lost by pressing something.
    oldest = comments.filter(has_text="said 0")
    oldest.get_by_test_id("comment-like").click()
    expect(oldest.get_by_test_id("comment-like")).to_have_attribute("aria-pressed", "true")
    expect(comments).to_have_count(23)
    oldest.get_by_text("Answer", exact=True).first.click()
    oldest.get_by_label("Your answer").fill("I agree")
    oldest.get_by_role("button", name="Answer").click()
    expect(comments.filter(has_text="said 0").locator("xpath=following-sibling::*[1]")).to_contain_text("I agree")
    page.get_by_test_id("comments-top").click()
    expect(comments.first).to_contain_text("said 0")
    page.on("dialog", lambda dialog: dialog.accept())
    mine.get_by_role("button", name="Remove").click()
    expect(mine).to_have_count(0)


def test_a_list_is_made_put_in_order_and_played(sit: Sit) -> None:
    alice = sit("alice", size=PHONE)
    page = alice.page
    for name in ("basking", "climbing", "digging"):
        alice.go(f"/v/{name}/")
        page.get_by_test_id("save").click()
        menu = page.locator("[data-save]")
        if name == "basking":
            page.get_by_test_id("save-new").fill("Reptiles")
        else:
            menu.get_by_label("Reptiles").check()
        page.get_by_test_id("save-done").click()
        expect(menu.get_by_role("status")).to_have_text("Saved.")
    alice.go("/videos/playlists/")
    page.get_by_role("link", name="Reptiles").click()
    entries = page.get_by_test_id("entries").locator("li")
    handle = entries.nth(2).locator("[data-handle]")
    handle.focus()
    handle.press("Home")
    expect(page.locator("[data-order-status]")).to_have_text("It stands at place 1 now.")
    page.reload()
    expect(entries.first).to_contain_text("Digging")
    entries.first.get_by_test_id("take-out").click()
    expect(entries).to_have_count(2)
    page.get_by_test_id("undo").click()
    expect(entries.first).to_contain_text("Digging")
    page.get_by_test_id("play-all").click()
    expect(page.get_by_test_id("playing-list")).to_contain_text("1 / 3")


def test_an_owner_changes_several_at_once_and_takes_it_back(sit: Sit) -> None:
    page = sit("olga").go("/videos/mine/").page
    rows = page.get_by_test_id("studio-row")
    expect(rows).to_have_count(3)
    page.get_by_label("Choose all shown").check()
    expect(page.locator("[data-count]")).to_have_text("3 videos chosen")
    rows.first.get_by_role("checkbox").uncheck()
    bulk = page.get_by_test_id("bulk")
    bulk.get_by_label("Who sees it").select_option("private")
    bulk.get_by_label("Tags to add").fill("Reptiles")
    page.get_by_test_id("change").click()
    expect(rows.filter(has_text="Private")).to_have_count(2)
    expect(rows.filter(has_text="#reptiles")).to_have_count(2)
    page.get_by_test_id("undo").click()
    expect(rows.filter(has_text="Private")).to_have_count(0)
    expect(rows.filter(has_text="#reptiles")).to_have_count(0)
