"""Conversations leave the site and come in: archives given by hand, links that others open, files that stand for themselves."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.services.programs import new_folder
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

FIXTURES = Path(__file__).parent.parent / "chat/fixtures"


def looked_at(page: Page, name: str) -> None:
    """No page scrolls sideways. With SCREENSHOTS=folder it is kept to be looked at."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_alice_imports_shares_and_withdraws(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    name = f"alice{size[0]}"
    alice = sit(name, size=size)
    page = alice.go("/chat/import/").page
    page.get_by_label("Archive").set_input_files(FIXTURES / "chatgpt.json")
    page.get_by_test_id("import").click()
    expect(page.get_by_test_id("import-result")).to_contain_text("2 imported")
    looked_at(page, "imported")
    alice.go("/chat/import/")
    looked_at(page, "import")

    chat = alice.open_chat("/chat/")
    if size == PHONE:
        page.get_by_test_id("sidebar-toggle").click()
    chat.row("Lizard on a picture").locator("a").click()
    expect(page.get_by_test_id("title")).to_have_text("Lizard on a picture")
    page.get_by_test_id("share").click()
    page.get_by_label("Password").fill("sesame")
    page.get_by_test_id("make-link").click()
    link = page.get_by_test_id("link").input_value()
    looked_at(page, "share")

    visitor = sit(size=size)
    reader = visitor.go(link).page
    reader.get_by_label("Password").fill("wrong")
    reader.get_by_test_id("unlock").click()
    expect(reader.get_by_text("This is not the password.")).to_be_visible()
    looked_at(reader, "shared-password")
    reader.get_by_label("Password").fill("sesame")
    reader.get_by_test_id("unlock").click()
    expect(reader.get_by_test_id("shared-message")).to_have_count(4)
    expect(reader.get_by_test_id("copy-code")).to_have_count(1)
    looked_at(reader, "shared")

    bob = sit(f"bob{size[0]}", size=size)
    bob.go(link).page.get_by_label("Password").fill("sesame")
    bob.page.get_by_test_id("unlock").click()
    bob.page.get_by_test_id("continue").click()
    expect(bob.page.get_by_test_id("title")).to_have_text("Lizard on a picture")
    expect(bob.page.get_by_test_id("message")).to_have_count(4)

    alice.go("/chat/shares/")
    looked_at(page, "shares")
    page.get_by_test_id("revoke").click()
    expect(page.get_by_text("The link was withdrawn.")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text("This link leads nowhere")).to_be_visible()


def test_a_large_archive_is_worked_on_while_alice_looks(sit: Sit, tmp_path: Path) -> None:
    original = json.loads((FIXTURES / "claude.json").read_text())[0]
    talks = [{**original, "uuid": f"{number}", "name": f"Talk {number}"} for number in range(700)]
    (tmp_path / "conversations.json").write_text(json.dumps(talks))
    assert (tmp_path / "conversations.json").stat().st_size > 1_000_000
    page = sit("amy").go("/chat/import/").page
    page.get_by_label("Archive").set_input_files(tmp_path / "conversations.json")
    page.get_by_test_id("import").click()
    # The page looks again by itself.
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("import-result")).to_contain_text("700 imported")
    with page.expect_download() as download:
        page.goto(page.url.split("/import/")[0] + "/import/")
        page.get_by_test_id("export-all").click()
    file = tmp_path / "all.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 700


def test_an_exported_page_stands_for_itself_and_prints(sit: Sit) -> None:
    alice = sit("anna")
    page = alice.go("/chat/import/").page
    page.get_by_label("Archive").set_input_files(FIXTURES / "chatgpt.json")
    page.get_by_test_id("import").click()
    chat = alice.open_chat("/chat/")
    chat.row("Lizard on a picture").locator("a").click()
    page.get_by_test_id("share").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="HTML").click()
    file = new_folder("exported") / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".html"
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name="Lizard on a picture")).to_be_visible()
    expect(page.locator("article")).to_have_count(4)
    keyword = page.locator(".nb").first
    assert keyword.evaluate("e => getComputedStyle(e).color") == "rgb(159, 216, 255)"
    looked_at(page, "export")
    page.emulate_media(media="print")
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    looked_at(page, "export-print")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 360, "height": 740})
    looked_at(page, "export")
    assert requests == [file.as_uri()]
    assert page.locator("script").count() == 0
