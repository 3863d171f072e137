"""Uploads in a browser: dropped, paused, gone on with after a reload where the site stood, asked about where a name is taken."""

import hashlib
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.journeys.conftest import PHONE, Sit
from tests.services.programs import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PATTERN, TIMES = "0123456789abcdef", 800_000
CONTENT = (PATTERN * TIMES).encode()
CHANGED = 1_700_000_000
DROP = """([pattern, times, changed]) => {
    const data = new DataTransfer();
    data.items.add(new File([pattern.repeat(times)], "film.bin", {lastModified: changed * 1000}));
    data.items.add(new File(["lizards"], "notes.txt"));
    for (const type of ["dragenter", "dragover", "drop"])
        document.getElementById("main").dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""

CHOOSE = """([pattern, times, changed]) => {
    const data = new DataTransfer();
    data.items.add(new File([pattern.repeat(times)], "film.bin", {lastModified: changed * 1000}));
    const field = document.querySelector("[data-part=file-input]");
    field.files = data.files;
    field.dispatchEvent(new Event("change"));
}"""
"""As the chooser does; what a test hands to that loses the time of its last change on the way."""

REMEMBERED = """() => new Promise((told) => {
    const opening = indexedDB.open("meatlizard-uploads", 1);
    opening.onsuccess = () => {
        const count = opening.result.transaction("files").objectStore("files").count();
        count.onsuccess = () => told(count.result);
    };
})"""


def slow(page: Page, bytes_a_second: int) -> None:
    """-1: as fast as it goes."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second},
    )


def test_an_upload_is_paused_outlives_a_reload_and_goes_on_where_it_stood(sit: Sit, tmp_path: Path) -> None:
    page = sit("alice").go("/files/").page
    slow(page, 1_500_000)
    page.evaluate(DROP, [PATTERN, TIMES, CHANGED])
    film = page.get_by_test_id("upload-list").locator("li").filter(has_text="film.bin")
    # Some of it is on its way; the small file overtakes it.
    expect(film).to_contain_text(re.compile(r"[3-9](\.\d)? MB of 12\.8 MB"))
    expect(page.get_by_test_id("upload-list").locator("li").filter(has_text="notes.txt")).to_contain_text(
        "here, 7 bytes"
    )
    expect(page.get_by_test_id("upload-summary")).to_contain_text("a second")
    film.get_by_role("button", name="Pause film.bin").click()
    expect(film).to_contain_text("paused")
    page.screenshot(path=os.environ.get("UPLOADS_PICTURE", str(tmp_path / "page.png")))

    page.reload()
    left = page.get_by_test_id("unfinished")
    expect(left).to_contain_text("choose “film.bin” of this device again to go on")
    slow(page, -1)
    page.screenshot(path=os.environ.get("UPLOADS_PICTURE_AGAIN", str(tmp_path / "again.png")))
    pieces: list[Request] = []
    page.on("request", lambda one: pieces.append(one) if one.method == "PATCH" else None)
    with page.expect_response(lambda one: bool(one.headers.get("content-location"))) as stored:
        with page.expect_file_chooser():
            left.get_by_role("button", name="Choose the file again").click()
        page.evaluate(CHOOSE, [PATTERN, TIMES, CHANGED])
    expect(page.get_by_test_id("upload-list")).to_contain_text("here, 12.8 MB")
    expect(left).to_be_hidden()
    assert int(pieces[0].headers["upload-offset"]) > 1_000_000, "it began anew"
    wait_until(lambda: page.evaluate(REMEMBERED) == 0, "the browser to forget what has arrived")
    page.goto(page.url)
    expect(page.get_by_role("main")).to_contain_text("notes.txt")
    content = page.context.request.get(f"{stored.value.headers['content-location']}content/film.bin?download").body()
    assert hashlib.sha256(content).digest() == hashlib.sha256(CONTENT).digest()
    expect(page.get_by_test_id("unfinished")).to_be_hidden()


def test_on_a_phone_taken_names_are_asked_about_and_what_cannot_go_is_said_before(sit: Sit, tmp_path: Path) -> None:
    page = sit("bob", size=PHONE).go("/files/").page
    field = page.locator("[data-part=file-input]")
    field.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"one"})
    expect(page.get_by_test_id("upload-list")).to_contain_text("here, 3 bytes")
    field.set_input_files([{"name": name, "mimeType": "text/plain", "buffer": b"three"} for name in ("a.txt", "b.txt")])
    asking = page.get_by_test_id("collision")
    expect(asking).to_contain_text("“a.txt” is there already.")
    asking.get_by_role("button", name="Keep both").click()
    expect(page.get_by_test_id("upload-summary")).to_contain_text("3 of 3 files")
    expect(page.get_by_test_id("upload-status")).to_contain_text("here")
    field.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"four"})
    expect(asking).to_be_visible()
    page.keyboard.press("Escape")
    expect(asking).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.screenshot(path=os.environ.get("UPLOADS_PICTURE_PHONE", str(tmp_path / "phone.png")))
    page.goto(page.url)
    expect(page.get_by_role("main")).to_contain_text("a (2).txt")
    expect(page.get_by_role("main")).not_to_contain_text("a (3).txt")
