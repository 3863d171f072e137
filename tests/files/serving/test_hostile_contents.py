"""What others have uploaded, opened in a browser that is signed in: nothing of it runs on the site's origin, nor anywhere.

The same files at a server that believes their names run, or this would prove nothing.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from tests.files.serving.hostile import PAGES, PDF_SCRIPT, SCRIPTS, _png
from tests.files.serving.seeding import Seeded, seed
from tests.services.programs import new_folder
from tests.services.site import LiveSite

pytestmark = pytest.mark.browser

ALL = {**PAGES, **SCRIPTS, "script.pdf": PDF_SCRIPT, "photo.png": _png(b"x")}
NAIVE = {
    "html": "text/html", "svg": "image/svg+xml", "xml": "text/xml", "xhtml": "application/xhtml+xml", "js": "text/javascript",
    "mht": "message/rfc822",
}  # fmt: skip


class Careless(http.server.BaseHTTPRequestHandler):
    """Believes the name, and calls what it does not know a page, or a script where one is asked for."""

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        found = ALL.get(name, b"<!doctype html><title>x</title>")
        wanted = "text/javascript" if self.headers.get("Sec-Fetch-Dest") == "script" else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", wanted if name in SCRIPTS else NAIVE.get(name.rpartition(".")[2], wanted))
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def careless() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def uploaded() -> Iterator[tuple[LiveSite, LiveSite, Seeded]]:
    """The site, a second process of it with a content host, and what was uploaded."""
    folder = new_folder("hostile")
    for name, content in ALL.items():
        Path(folder, name).write_bytes(content)
    site = LiveSite().prepare()
    seeded = seed(site, {name: folder / name for name in ALL})
    site.start()
    other = site.sibling()
    other.settings = site.settings | {"CONTENT_HOST": f"files.localhost:{other.port}"}
    other.start()
    yield site, other, seeded
    other.end()
    site.end()


@pytest.fixture
def signed_in(device: BrowserContext, uploaded: tuple[LiveSite, LiveSite, Seeded]) -> Page:
    cookie = {"name": "sessionid", "value": uploaded[2].session, "domain": "127.0.0.1", "path": "/"}
    device.add_cookies([cookie])  # type: ignore[list-item]
    return device.new_page()


class Watch:
    """Which files have run something."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.fired: set[str] = set()
        self._opened = ""
        page.on("dialog", self._noted)

    def _noted(self, dialog: Any) -> None:
        self.fired.add(self._opened)
        dialog.dismiss()

    def open(self, name: str, url: str) -> None:
        self._opened = name
        # A download is no page: so says the browser.
        with contextlib.suppress(Error):
            self.page.goto(url, wait_until="load")
        self._settled()

    def load_as_script(self, name: str, url: str) -> None:
        """Whether it loads or not, the browser says so; what it runs, it has run by then."""
        self._opened = name
        self.page.evaluate(
            """url => new Promise(done => {
                const script = document.createElement("script");
                script.onload = script.onerror = done;
                script.src = url;
                document.head.append(script);
            })""",
            url,
        )
        self._settled()

    def _settled(self) -> None:
        """Events of what was opened are told before the answer to a question that is asked after them."""
        with contextlib.suppress(Error):
            # No promise: in a sandbox nothing would ever keep it.
            self.page.evaluate("() => 0")


def test_the_oracle_sees_what_runs(device: BrowserContext, careless: str) -> None:
    watch = Watch(device.new_page())
    for name in PAGES:
        watch.open(name, f"{careless}/{name}")
    assert len(watch.fired) >= len(PAGES) - 6, set(PAGES) - watch.fired
    watch.page.goto(f"{careless}/start")
    for name in SCRIPTS:
        watch.load_as_script(name, f"{careless}/{name}")
    assert len(watch.fired & set(SCRIPTS)) >= 5, watch.fired


def test_nothing_that_was_uploaded_runs_when_it_is_opened(
    signed_in: Page, uploaded: tuple[LiveSite, LiveSite, Seeded]
) -> None:
    site, other, seeded = uploaded
    watch = Watch(signed_in)
    for here in (site, other):
        for name in ALL:
            watch.open(name, f"{here.url}{seeded.paths[name]}")
    assert watch.fired == set()


def test_nothing_that_was_uploaded_is_a_script_a_style_or_a_worker_of_the_sites_pages(
    signed_in: Page, uploaded: tuple[LiveSite, LiveSite, Seeded]
) -> None:
    site, _other, seeded = uploaded
    watch = Watch(signed_in)
    signed_in.goto(f"{site.url}/files/")
    assert signed_in.evaluate("() => document.cookie + location.origin").endswith(site.url)
    for name in ALL:
        watch.load_as_script(name, f"{site.url}{seeded.paths[name]}")
    assert watch.fired == set()
    workers = signed_in.evaluate(
        """async urls => {
            const taken = [];
            for (const url of urls) {
                await navigator.serviceWorker.register(url).then(() => taken.push(url), () => {});
            }
            return taken;
        }""",
        [seeded.paths[name] for name in SCRIPTS],
    )
    assert workers == []


def test_at_the_content_host_a_picture_is_shown_and_no_cookie_comes_along(
    signed_in: Page, uploaded: tuple[LiveSite, LiveSite, Seeded]
) -> None:
    _site, other, seeded = uploaded
    answer = signed_in.goto(f"{other.url}{seeded.paths['photo.png']}")
    assert answer is not None
    assert signed_in.url.startswith(f"http://files.localhost:{other.port}/content/")
    assert "cookie" not in answer.request.all_headers()
    assert "set-cookie" not in answer.all_headers()
    assert signed_in.evaluate("() => document.images[0].naturalWidth") == 1
    nothing = signed_in.goto(f"http://files.localhost:{other.port}/files/")
    assert nothing is not None
    assert nothing.status == 404
    # A page of the site shows it as well, by its own address.
    signed_in.goto(f"{other.url}/files/")
    width = signed_in.evaluate(
        """url => new Promise(done => {
            const image = new Image();
            image.onload = image.onerror = () => done(image.naturalWidth);
            image.src = url;
        })""",
        seeded.paths["photo.png"],
    )
    assert width == 1
