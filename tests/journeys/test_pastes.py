"""Pastes in a browser: written in the editor, dropped, read line by line, read once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, Sit

pytestmark = [pytest.mark.journey, pytest.mark.browser]

DROP = """(files) => {
    const data = new DataTransfer();
    for (const [name, text] of files) data.items.add(new File([text], name));
    const place = document.querySelector('.paste-file .cm-content');
    place.dispatchEvent(new DragEvent('dragover', {dataTransfer: data, bubbles: true, cancelable: true}));
    place.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def write(page: Page, text: str, file: int = 0) -> None:
    page.locator(".cm-content").nth(file).click()
    page.keyboard.insert_text(text)


def test_alice_writes_drops_and_shares_a_line(sit: Sit) -> None:
    alice = sit("alice")
    page = alice.go("/p/new/").page
    page.locator("[data-name]").first.fill("hello.py")
    write(page, "def hello():\n    return 1\n")
    expect(page.locator(".cm-content span").filter(has_text=re.compile("^def$"))).to_be_visible()
    page.evaluate(DROP, [["notes.md", "# Dropped\n"]])
    expect(page.locator("[data-name]")).to_have_count(2)
    page.get_by_label("Title").fill("Two files")
    page.get_by_test_id("save").click()
    expect(page.get_by_role("heading", name="Two files")).to_be_visible()
    expect(page.get_by_role("heading", name="Dropped")).to_be_visible()
    assert page.locator(".line .k").first.inner_text() == "def"
    box = page.locator("#L2").bounding_box()
    assert box
    page.mouse.click(box["x"] + 20, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"#L2$"))
    expect(page.locator("#L2.chosen")).to_be_visible()
    visitor = sit("", size=PHONE).go(page.url.partition("/p/")[1] + page.url.partition("/p/")[2]).page
    expect(visitor.locator("#L2.chosen")).to_be_visible()
    assert not alice.complaints


def test_a_secret_is_held_back_until_alice_says_so(sit: Sit) -> None:
    page = sit("alice").go("/p/new/").page
    write(page, "key = '" + "AKIA" + "ABCDEFGHIJKLMNOP'")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("leaks")).to_contain_text("a key of AWS")
    expect(page.locator(".cm-content")).to_contain_text("ABCDEFGHIJKLMNOP")
    page.get_by_label("Publish it anyway").check()
    page.get_by_test_id("save").click()
    expect(page.locator("#L1")).to_contain_text("ABCDEFGHIJKLMNOP")


def test_what_is_read_once_is_gone_for_the_next(sit: Sit) -> None:
    page = sit("alice").go("/p/new/").page
    write(page, "only once")
    page.get_by_label("Times it can be read").fill("1")
    page.get_by_test_id("save").click()
    expect(page.locator("#L1")).to_have_text("only once\n")
    path = "/p/" + page.url.partition("/p/")[2]
    first = sit("").go(path).page
    expect(first.get_by_test_id("open-it")).to_be_visible()
    first.get_by_test_id("open-it").click()
    expect(first.locator("#L1")).to_have_text("only once\n")
    second = sit("").go(path).page
    expect(second.get_by_role("heading", name="Nothing here")).to_be_visible()


def test_a_long_paste_is_there_at_once_and_goes_on(sit: Sit) -> None:
    page = sit("alice").go("/p/new/").page
    text = "".join(f"line number {n} of a long file\n" for n in range(1, 200_001))
    page.locator("input[type=file]").set_input_files(
        {"name": "long.txt", "mimeType": "text/plain", "buffer": text.encode()}
    )
    page.get_by_test_id("save").click()
    expect(page.locator("#L1000")).to_be_attached()
    page.goto(f"{page.url}#L2500")
    expect(page.locator("#L2500.chosen")).to_be_in_viewport()
