"""A video in a browser: chosen, sent, followed while it is made, and found again after a reload."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.video.clips import WITH_FFMPEG, Clips, clips

pytestmark = [pytest.mark.journey, pytest.mark.browser, WITH_FFMPEG]
__all__ = ["clips"]

SLOW = 120_000


def test_a_video_is_uploaded_named_and_followed_until_it_plays(sit: Sit, clips: Clips, tmp_path: Path) -> None:
    folder = Path(os.environ.get("VIDEO_PICTURES", str(tmp_path)))
    page = sit("alice").go("/videos/upload/").page
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.get_by_test_id("video-input").set_input_files(clips("hd"))
    card = page.get_by_test_id("video-card")
    expect(card.get_by_test_id("title")).to_have_value("hd")
    with page.expect_response(lambda answer: answer.url.endswith("/describe") and answer.ok):
        card.get_by_test_id("title").fill("The south wall")
    with page.expect_response(lambda answer: answer.url.endswith("/describe") and answer.ok):
        card.get_by_test_id("privacy").select_option("unlisted")
    expect(card.get_by_test_id("facts")).to_contain_text("made", timeout=SLOW)
    page.reload()
    card = page.get_by_test_id("video-card")
    expect(card.get_by_test_id("title")).to_have_value("The south wall")
    page.screenshot(path=str(folder / "upload.png"), full_page=True)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.screenshot(path=str(folder / "upload-phone.png"), full_page=True)
    expect(card).to_have_attribute("data-state", "ready", timeout=SLOW)
    card.get_by_test_id("watch").click()
    expect(page.get_by_role("heading", name="The south wall")).to_be_visible()
    player = page.get_by_test_id("player")
    player.get_by_role("button", name="Play", exact=True).first.click()
    page.wait_for_function("() => document.querySelector('[data-player] video').currentTime > 0.5")
    assert player.locator("video").evaluate(
        "(video) => [video.error, video.videoHeight > 0, video.ended || video.duration > 1.9]"
    ) == [None, True, True]
    page.screenshot(path=str(folder / "watch-phone.png"))
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.screenshot(path=str(folder / "watch.png"), full_page=True)
    captioned(page, tmp_path / "said.vtt")
    sought(page)


def captioned(page: Page, file: Path) -> None:
    """Captions from a file, one of them changed beside the video."""
    file.write_text("WEBVTT\n\n00:00.100 --> 00:00.900\nWarm stones\n\n00:01.000 --> 00:01.900\nBob: and lizards\n")
    watching = page.url
    page.goto(f"{watching}captions/")
    page.locator("#language").fill("en")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_test_id("captions").get_by_role("link", name="Edit", exact=True).click()
    text = page.get_by_label("Text of caption 1")
    expect(text).to_have_value("Warm stones")
    text.fill("Warm sand")
    page.get_by_test_id("save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.goto(watching)


def sought(page: Page) -> None:
    """A line of the transcript leads to its moment, and the player shows it."""
    panel = page.get_by_test_id("transcript-panel")
    panel.locator("summary").click()
    expect(panel.get_by_role("listitem")).to_have_text(
        ["0:00 Warm sand", "0:01 Bob: and lizards"], use_inner_text=False
    )
    panel.get_by_role("searchbox").fill("LIZARDS")
    panel.get_by_role("link").and_(panel.locator(":visible")).click()
    page.wait_for_function("() => Math.abs(document.querySelector('[data-player] video').currentTime - 1) < 0.05")
    page.keyboard.press("c")
    expect(page.get_by_test_id("player").get_by_text("Bob: and lizards")).to_be_visible()


def test_what_is_no_video_says_so_and_can_be_deleted(sit: Sit, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("words and no pictures")
    page = sit("bob").go("/videos/upload/").page
    page.get_by_test_id("video-input").set_input_files(text)
    card = page.get_by_test_id("video-card")
    expect(card).to_have_attribute("data-state", "failed", timeout=SLOW)
    expect(card.get_by_test_id("facts")).to_contain_text("no video")
    card.get_by_test_id("delete").click()
    expect(card).to_have_count(0)
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_a_song_is_listened_to_as_a_video_is_watched(sit: Sit, clips: Clips, tmp_path: Path) -> None:
    folder = Path(os.environ.get("VIDEO_PICTURES", str(tmp_path)))
    page = sit("bob").go("/videos/upload/").page
    page.get_by_test_id("video-input").set_input_files(clips("sound-mp3"))
    card = page.get_by_test_id("video-card")
    expect(card).to_have_attribute("data-state", "ready", timeout=SLOW)
    card.get_by_test_id("watch").click()
    player = page.get_by_test_id("player")
    player.get_by_role("button", name="Play", exact=True).first.click()
    page.wait_for_function("() => document.querySelector('[data-player] video').currentTime > 0.5")
    sound = player.locator("video")
    assert sound.evaluate("(video) => [video.error, video.videoHeight, Math.round(video.duration)]") == [None, 0, 2]
    poster = sound.get_attribute("poster")
    assert poster and page.request.get(poster).headers["content-type"] == "image/jpeg"
    page.wait_for_function("() => document.querySelector('[data-player] video').ended")
    page.screenshot(path=str(folder / "song.png"))
    page.get_by_role("button", name="Settings", exact=True).first.click()
    page.get_by_role("menuitem", name="Quality").or_(page.get_by_role("button", name="Quality")).first.click()
    expect(page.get_by_text("Sound alone")).to_be_visible()
