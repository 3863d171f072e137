"""Sealed pastes between people at browsers and PBinCLI, both ways: what one seals the other opens, and the site reads neither."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.hostile.corpus import corpus
from tests.journeys.conftest import DESKTOP, PHONE, Sit, add_olga
from tests.journeys.privatebin import PBinCLI
from tests.journeys.test_accessible import AXE, faults
from tests.paste.sealed import sealing
from tests.services.programs import missing
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

SECRET = "the spare key lies under the third stone"


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """Everybody may make pastes here."""
    live = LiveSite(PASTE_CREATE="everyone").prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def pbincli(site: LiveSite) -> PBinCLI:
    return PBinCLI(site)


def looked_at(page: Page, name: str) -> None:
    """No page scrolls sideways. With SCREENSHOTS=folder it is kept to be looked at."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def post(site: LiveSite, body: Any) -> dict[str, Any]:
    """As a client of PrivateBin."""
    headers = {"X-Requested-With": "JSONHttpRequest", "Content-Type": "application/json"}
    with urlopen(Request(f"{site.url}/sealed/", json.dumps(body).encode(), headers)) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def text_of(page: Page) -> Locator:
    return page.get_by_test_id("sealed-text")


def made(page: Page) -> tuple[str, str]:
    """The link and the one that deletes."""
    page.get_by_test_id("sealed-make").click()
    expect(page.get_by_test_id("sealed-link")).to_have_value(re.compile("#"))
    return page.get_by_test_id("sealed-link").input_value(), page.get_by_test_id("sealed-delete-link").input_value()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_alice_seals_and_charlie_reads_what_the_site_never_saw(
    sit: Sit, site: LiveSite, pbincli: PBinCLI, size: tuple[int, int]
) -> None:
    alice = sit(f"alice{size[0]}", size=size)
    sent: list[str] = []
    alice.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page = alice.go("/sealed/").page
    page.get_by_label("Text").fill(f"{SECRET}\n")
    page.get_by_label("Password").fill("sesame")
    page.get_by_label("Readers may comment").check()
    looked_at(page, "sealed-new")
    link, deletion = made(page)
    looked_at(page, "sealed-made")
    key = link.partition("#")[2]
    assert len(key) > 40 and any("/sealed/ {" in one for one in sent)
    assert not any(word in one for one in sent for word in (SECRET, key, "sesame"))

    charlie = sit(size=size).go(link).page
    charlie.get_by_label("Password").fill("simsalabim")
    charlie.get_by_test_id("sealed-open").click()
    expect(charlie.get_by_test_id("sealed-status")).to_contain_text("not the password")
    looked_at(charlie, "sealed-password")
    charlie.get_by_label("Password").fill("sesame")
    charlie.get_by_test_id("sealed-open").click()
    expect(text_of(charlie)).to_have_text(f"{SECRET}\n")
    charlie.get_by_label("Your comment").fill("Found it!")
    charlie.get_by_label("Name").fill("Charlie")
    charlie.get_by_test_id("sealed-comment-send").click()
    expect(charlie.get_by_test_id("sealed-comment")).to_contain_text("Found it!")
    looked_at(charlie, "sealed-read")

    if size == DESKTOP:
        assert pbincli.get(link, "-p", "sesame") == f"{SECRET}\n"
    page.goto(link)
    page.get_by_label("Password").fill("sesame")
    page.get_by_test_id("sealed-open").click()
    expect(page.get_by_test_id("sealed-comment")).to_contain_text("Charlie")
    page.get_by_role("button", name="Answer").click()
    page.get_by_label("Your comment").fill("Keep it.")
    page.get_by_test_id("sealed-comment-send").click()
    expect(page.get_by_test_id("sealed-comment").get_by_test_id("sealed-comment")).to_contain_text("Keep it.")

    page.goto(deletion)
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("The paste is deleted.")).to_be_visible()
    charlie.reload()
    expect(charlie.get_by_text("There is no such paste.")).to_be_visible()
    log = site.log.read_text()
    assert SECRET not in log and key not in log


def test_read_once_only_after_somebody_says_so_and_not_by_a_wrong_password(sit: Sit, pbincli: PBinCLI) -> None:
    page = sit("anna").go("/sealed/").page
    page.get_by_label("Text").fill(SECRET)
    page.get_by_label("Password").fill("sesame")
    page.get_by_label("Can be read").select_option("once")
    link, _deletion = made(page)
    assert "#-" in link

    reader = sit().go(link).page
    expect(reader.get_by_test_id("sealed-warning")).to_contain_text("can be read once")
    looked_at(reader, "sealed-once")
    assert "only in a browser" in pbincli.refused("get", link.replace("#-", "#"), "-p", "sesame")
    reader.get_by_label("Password").fill("wrong")
    reader.get_by_test_id("sealed-open").click()
    expect(reader.get_by_test_id("sealed-status")).to_contain_text("not the password")
    reader.get_by_label("Password").fill("sesame")
    reader.get_by_test_id("sealed-open").click()
    expect(text_of(reader)).to_have_text(SECRET)
    expect(reader.get_by_test_id("sealed-status")).to_contain_text("deleted from the site now")
    reader.reload()
    expect(reader.get_by_text("There is no such paste.")).to_be_visible()


def test_pbincli_sends_and_people_read(sit: Sit, pbincli: PBinCLI) -> None:
    (pbincli.folder / "lizard.bin").write_bytes(bytes(range(256)))
    plain = pbincli.send("from a terminal ✓")
    locked = pbincli.send("behind a password", "-p", "Łódź", "-f", "lizard.bin")
    once = pbincli.send("once", "-B", "-p", "sesame")
    page = sit().go(plain["link"]).page
    expect(text_of(page)).to_have_text("from a terminal ✓")

    page.goto(locked["link"])
    page.get_by_label("Password").fill("Łódź")
    page.get_by_test_id("sealed-open").click()
    expect(text_of(page)).to_have_text("behind a password")
    with page.expect_download() as download:
        page.get_by_test_id("sealed-file").click()
    assert download.value.suggested_filename == "lizard.bin"
    assert Path(download.value.path()).read_bytes() == bytes(range(256))

    # Its own way of reading once has no proof: the sealed text stays in the page, and another password can be tried.
    page.goto(once["link"])
    page.get_by_test_id("sealed-open").click()
    expect(page.get_by_test_id("sealed-warning")).to_contain_text("the only one")
    page.get_by_label("Password").fill("sesame")
    page.get_by_test_id("sealed-open").click()
    expect(text_of(page)).to_have_text("once")


def test_people_send_and_pbincli_reads(sit: Sit, pbincli: PBinCLI, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept\n")
    page = sit("amy").go("/sealed/").page
    page.get_by_label("Text").fill("for a terminal ✓")
    page.get_by_label("Files").set_input_files(tmp_path / "notes.txt")
    page.get_by_label("Can be read").select_option("some")
    page.get_by_label("How many times").fill("2")
    page.get_by_label("Command-line clients").check()
    page.get_by_label("Password").fill("Łódź")
    link, deletion = made(page)
    assert pbincli.get(link, "-p", "Łódź") == "for a terminal ✓"
    assert (pbincli.folder / "notes.txt").read_text() == "kept\n"
    reader = sit().go(link).page
    expect(reader.get_by_test_id("sealed-warning")).to_contain_text("can be read once")
    code, printed = pbincli.run("delete", deletion)
    assert code == 0 and "successfully deleted" in printed
    assert "no such paste" in pbincli.refused("get", link, "-p", "Łódź")


def test_a_large_file_goes_in_parts_and_comes_out_whole(sit: Sit, pbincli: PBinCLI, tmp_path: Path) -> None:
    large = os.urandom(5_000_000)
    (tmp_path / "large.bin").write_bytes(large)
    page = sit("ann").go("/sealed/").page
    page.get_by_label("Text").fill("with it comes a file")
    page.get_by_label("Files").set_input_files(tmp_path / "large.bin")
    page.get_by_label("Can be read").select_option("once")
    link, _deletion = made(page)
    reader = sit().go(link).page
    reader.get_by_test_id("sealed-open").click()
    expect(text_of(reader)).to_have_text("with it comes a file")
    with reader.expect_download() as download:
        reader.get_by_test_id("sealed-file").click()
    assert download.value.suggested_filename == "large.bin"
    assert Path(download.value.path()).read_bytes() == large


def test_pbincli_alone(pbincli: PBinCLI, site: LiveSite) -> None:
    locked = pbincli.send("a lizard 🦎\n", "-p", "sesame", "-c", "none", "-F", "markdown", "-D")
    assert pbincli.get(locked["link"], "-p", "sesame") == "a lizard 🦎\n"
    once = pbincli.send("once", "-B")
    assert pbincli.get(once["link"]) == "once"
    assert "no such paste" in pbincli.refused("get", once["link"])
    wrong = locked["deletelink"].replace(locked["deletetoken"], once["deletetoken"])
    assert "token" in pbincli.refused("delete", wrong)
    assert pbincli.run("delete", locked["deletelink"])[0] == 0
    assert "no such paste" in pbincli.refused("get", locked["link"], "-p", "sesame")


def test_privatebins_known_answer_opens_in_the_page(sit: Sit, site: LiveSite) -> None:
    known = {"v": 2, "adata": sealing.KNOWN_ADATA, "ct": sealing.KNOWN_CT, "meta": {"expire": "1day"}}
    slug = post(site, known)["id"]
    page = sit().go(f"/sealed/?{slug}#{sealing.KNOWN_KEY}").page
    expect(text_of(page)).to_have_text(sealing.KNOWN_PLAIN["paste"])
    page.goto(f"/sealed/?{slug}#{sealing.text_of(b'x' * 32)}")
    page.reload()
    expect(page.get_by_test_id("sealed-status")).to_contain_text("password, or the link is incomplete")
    page.goto(f"/sealed/?{slug}")
    page.reload()
    expect(page.get_by_test_id("sealed-status")).to_contain_text("The key is missing")


def test_axe_finds_no_serious_fault_in_what_is_opened(browser: Browser, site: LiveSite) -> None:
    """The walk over all routes comes by without a key."""
    if not AXE.is_file():
        missing("axe-core is not installed (npm ci in frontend)")
    key = b"a" * 32
    plain = {
        "paste": "# Lizards\n\n- [the wall](https://wall.example)",
        "attachment": "data:text/plain;base64,eA==",
        "attachment_name": "x.txt",
    }
    slug = post(site, sealing.request(plain, key, formatter="markdown", discussion=1))["id"]
    adata, ct = sealing.seal({"comment": "Warm."}, key, comment=True)
    post(site, {"v": 2, "adata": adata, "ct": ct, "pasteid": slug, "parentid": slug})
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=site.url, bypass_csp=True)
    context.add_init_script(path=AXE)
    page = context.new_page()
    page.goto(f"/sealed/?{slug}#-{sealing.text_of(key)}")
    expect(page.get_by_test_id("sealed-open")).to_be_visible()
    complaints = faults(page, "before")
    page.get_by_test_id("sealed-open").click()
    expect(page.get_by_test_id("sealed-comment")).to_be_visible()
    expect(page.get_by_test_id("sealed-prose")).to_be_visible()
    complaints += faults(page, "opened")
    context.close()
    assert not complaints, "\n".join(complaints)


def test_code_is_coloured_in_the_page_and_stays_text(browser: Browser, site: LiveSite) -> None:
    """With the site's own policy: nothing that it forbids is tried."""
    code, key = "def f(x):\n    return '<img src=x onerror=alert(1)>'\n", b"c" * 32
    slug = post(site, sealing.request({"paste": code}, key, formatter="syntaxhighlighting"))["id"]
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"/sealed/?{slug}#{sealing.text_of(key)}")
    text = page.get_by_test_id("sealed-text")
    expect(page.get_by_test_id("sealed-language")).to_have_value("python")
    expect(text.locator(".tok-keyword").first).to_have_text("def")
    assert text.text_content() == code and text.locator("img").count() == 0
    page.get_by_test_id("sealed-language").select_option("")
    expect(text.locator("span")).to_have_count(0)
    assert text.text_content() == code and not said
    context.close()


def test_what_was_unsealed_runs_nowhere(browser: Browser, site: LiveSite) -> None:
    """The whole corpus of hostile texts as Markdown, as a file's name, as a comment; most would act where they are put in as they are. With
    the page's policy off, so that it is our own care that is tried."""
    texts = [payload.text for payload in corpus()]
    key = b"h" * 32
    asked: list[str] = []
    context = browser.new_context(base_url=site.url, bypass_csp=True)
    page = context.new_page()
    ran: list[int] = []
    context.add_init_script(
        "const make = URL.createObjectURL; window.kinds = []; URL.createObjectURL = (one) => (kinds.push(one.type), make(one))"
    )
    context.expose_function("X", lambda number: ran.append(number))
    context.on("request", lambda request: asked.append(request.url))
    for at in range(0, len(texts), 300):
        name = f"{texts[at]}.html"
        plain = {
            "paste": "\n\n".join(texts[at : at + 300]),
            "attachment": [
                "data:text/html;base64,PHNjcmlwdD50b3AuWCgxKTwvc2NyaXB0Pg==",
                "data:image/svg+xml;base64,PHN2Zy8+",
            ],
            "attachment_name": [name, "../../x.svg"],
        }
        slug = post(site, sealing.request(plain, key, formatter="markdown", discussion=1))["id"]
        adata, ct = sealing.seal({"comment": texts[at], "nickname": texts[at + 1]}, key, comment=True)
        page.goto(f"/sealed/?{slug}#{sealing.text_of(key)}")
        expect(page.get_by_test_id("sealed-prose")).to_be_visible()
        post_comment = {"v": 2, "adata": adata, "ct": ct, "pasteid": slug, "parentid": slug}
        if at == 0:
            assert post(site, post_comment)["status"] == 0
            page.reload()
            expect(page.get_by_test_id("sealed-comment")).to_be_visible()
        faults = page.get_by_test_id("sealed-prose").evaluate(
            """root => [...root.querySelectorAll('*')].flatMap(one => [...one.attributes]
                .filter(({name, value}) => !/^(href|title|start|rel|target)$/.test(name) || (name === 'href' && !/^(https?|mailto):/i.test(value)))
                .map(({name, value}) => `${one.localName} ${name}=${value}`))"""
        )
        assert faults == []
        # As it is named, never opened: a page made of it would be this site's.
        types = page.evaluate("window.kinds")
        assert len(types) == 3 and set(types) == {"application/octet-stream"}
    context.close()
    assert ran == [] and not [one for one in asked if not one.startswith((site.url, "blob:", "data:"))]
