"""Alice shares a file with a password and one download, a visitor fetches it, and she withdraws it; another sends one to Bob."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.services.programs import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser]

TEXT = b"Lizards bask on the south wall.\n" * 50


def upload(name: str, origin: str) -> dict[str, str]:
    """Headers of an upload by tus in one request."""
    return {
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(TEXT)), "Content-Type": "application/offset+octet-stream", "Origin": origin,
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
    }  # fmt: skip


def test_a_file_is_shared_fetched_once_and_withdrawn(sit: Sit, tmp_path: Path) -> None:
    alice = sit("alice")
    stored = alice.context.request.post("/files/uploads/", headers=upload("notes.txt", alice.url), data=TEXT)
    assert stored.status == 201
    page = alice.go("/files/").page
    page.get_by_role("button", name="Share notes.txt").click()
    expect(page.get_by_test_id("chosen")).to_contain_text("notes.txt")
    page.get_by_label(re.compile("^Password")).fill("open sesame")
    page.get_by_label(re.compile("^Downloads at most")).fill("1")
    page.get_by_test_id("make-share").click()
    address = page.get_by_test_id("address").input_value()
    page.get_by_role("button", name="Copy").click()

    guest = sit("", size=PHONE).go(address)
    guest.page.get_by_label("Password").fill("close sesame")
    guest.page.get_by_test_id("unlock").click()
    expect(guest.page.get_by_text("This is not the password.")).to_be_visible()
    guest.page.get_by_label("Password").fill("open sesame")
    guest.page.get_by_test_id("unlock").click()
    expect(guest.page.get_by_test_id("left")).to_contain_text("1 download is left")
    with guest.page.expect_download() as saved:
        guest.page.get_by_test_id("download").click()
    assert Path(saved.value.path()).read_bytes() == TEXT and saved.value.suggested_filename == "notes.txt"
    wait_until(
        lambda: page.reload() is not None and "completed" in page.get_by_test_id("log").inner_text(),
        "the download in the log",
    )
    expect(page.get_by_test_id("share-state")).to_have_text("used up")
    page.get_by_test_id("revoke").click()
    expect(page.get_by_test_id("share-state")).to_have_text("withdrawn")
    assert guest.context.request.get(address).status == 404


def test_a_visitor_sends_a_file_and_it_lies_in_the_folder(sit: Sit) -> None:
    bob = sit("bob").go("/files/shares/inboxes/new/")
    page = bob.page
    page.get_by_label(re.compile("^Title")).fill("Photos, please")
    page.get_by_role("main").get_by_role("button").last.click()
    address = page.get_by_test_id("address").input_value()

    guest = sit("", size=PHONE).go(address).page
    field = guest.locator("[data-part=file-input]")
    field.set_input_files({"name": "from guest.txt", "mimeType": "text/plain", "buffer": TEXT})
    expect(guest.get_by_test_id("upload-list")).to_contain_text("here, 2 KB")
    guest.goto(address)
    expect(guest.get_by_role("main")).to_contain_text("from guest.txt")
    bob.go("/files/")
    expect(page.get_by_test_id("entries")).to_contain_text("from guest.txt")
