"""Alice looks at what she has stored: photograph, PDF, code, recording and archive, from one to the next by the arrow keys."""

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from files.previews.workshop import programs
from tests.chat.attachments.files import pdf
from tests.files.previews import contents
from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.browser]

STORED = {
    "a beach.jpg": contents.saved(contents.halves((1_200, 800)), "JPEG", exif=contents.noted(1), quality=90),
    "b words.pdf": pdf("The first page", "The second page"),
    "c count.py": b"def count(walls):\n    return len(walls)\n",
    "d tone.wav": contents.tone(),
    "e packed.zip": contents.packed({"ok.txt": b"words", "../../evil.sh": b"x"}),
}


def store(alice: Visitor, name: str, data: bytes) -> None:
    headers = {
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)), "Content-Type": "application/offset+octet-stream",
        "Origin": alice.url, "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
    }  # fmt: skip
    assert alice.context.request.post("/files/uploads/", headers=headers, data=data).status == 201


def pictured(page: Page, name: str) -> None:
    """For whoever wants to see it: PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        for size, (width, height) in {"1280": DESKTOP, "360": PHONE}.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=str(Path(folder) / f"{name}-{size}.png"), full_page=True)
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def narrow_enough(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} pixels too wide"
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def to(page: Page, key: str, heading: str) -> None:
    """By a key, which the page's script listens to once it is loaded."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_what_is_stored_is_looked_at_one_after_the_other(sit: Sit) -> None:
    alice = sit("alice")
    for name, data in STORED.items():
        store(alice, name, data)
    page = alice.go("/files/").page
    page.get_by_role("link", name="a beach.jpg", exact=True).click()
    picture = page.get_by_test_id("picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1_200
    expect(page.locator("#noted")).to_contain_text("It is noted where it was taken.")
    pictured(page, "picture")
    narrow_enough(page)

    to(page, "ArrowRight", "b words.pdf")
    place = page.get_by_test_id("pdf")
    expect(place).to_have_attribute("data-drawn", "1")
    inside = page.frame_locator(".pdf-frame")
    expect(inside.locator("canvas")).to_have_attribute("aria-label", "The first page")
    page.get_by_role("button", name="Page after").click()
    expect(inside.locator("canvas")).to_have_attribute("aria-label", "The second page")
    pictured(page, "pdf")
    narrow_enough(page)

    page.locator("h1").click()
    to(page, "ArrowRight", "c count.py")
    expect(page.locator(".lines")).to_contain_text("def count(walls):")
    pictured(page, "code")
    to(page, "ArrowRight", "d tone.wav")
    expect(page.locator("audio")).to_be_attached()
    if programs():
        expect(page.get_by_test_id("waveform")).to_be_visible()
    page.wait_for_function("document.querySelector('audio').readyState >= 1")
    pictured(page, "recording")
    to(page, "ArrowRight", "e packed.zip")
    expect(page.get_by_test_id("entries")).to_contain_text("../../evil.sh")
    expect(page.get_by_test_id("entries")).to_contain_text("leads elsewhere")
    pictured(page, "archive")
    narrow_enough(page)
    to(page, "Escape", "Files")
    expect(page.locator(".entry-sign img").first).to_be_visible()
    page.get_by_test_id("find").fill("second page")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("entry")).to_have_count(1)
    expect(page.get_by_test_id("entry")).to_contain_text("b words.pdf")
    pictured(page, "found")
