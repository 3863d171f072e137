"""More than two thousand texts that try to act, through every place where the site shows what people or models wrote.

The content security policy is taken off, so that it is the site's own care that is tried and not the browser's. The same texts, put
into a page as they are, do act: the check can fail.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.hostile.corpus import ASKS, FOREIGN, RUNS, corpus
from tests.journeys.conftest import add_olga
from tests.journeys.pages import Visitor
from tests.journeys.routes import one_of_a_kind, pages
from tests.journeys.scene import furnish
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

CONTROL = "http://control.localhost"
AT_ONCE = 120
"""Frames of the control page that live at the same time."""

FAULTS = """() => {
    const faults = [];
    const look = (root) => {
        for (const one of root.querySelectorAll('*')) {
            for (const { name, value } of one.attributes) {
                if (/^on/i.test(name)) faults.push(`${one.localName} ${name}=${value}`);
                if (/^(src|href|xlink:href|action|formaction|poster|background|data|srcset)$/i.test(name) && leads(one, name, value))
                    faults.push(`${one.localName} ${name}=${value}`);
            }
            if (one.localName === 'script' && !one.src && !one.nonce && !/json/.test(one.type)) faults.push(`script ${one.text}`);
            if (/^(base|object|embed|marquee)$/.test(one.localName)) faults.push(one.localName);
            if (one.localName === 'iframe' && one.hasAttribute('srcdoc')) faults.push('iframe srcdoc');
            if (one.localName === 'template') look(one.content);
        }
    };
    const leads = (one, name, value) => {
        const address = URL.parse(value, document.baseURI);
        if (!address) return false;
        if (one.localName === 'a' && name === 'href') return !/^(https?|mailto|blob):$/.test(address.protocol);
        return !(address.origin === location.origin || (/^(data|blob):$/.test(address.protocol) && one.localName === 'img'));
    };
    look(document);
    return faults.slice(0, 5);
}"""

PIECES = """() => {
    // Hands the page each frame of text in pieces of `pieceSize` bytes, never less than a character.
    const whole = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    const frame = (head, offset, bytes) => {
        const numbers = [];
        for (; offset > 0x7f; offset >>= 7) numbers.push((offset & 0x7f) | 0x80);
        return new Uint8Array([head, ...numbers, offset, ...bytes]).buffer;
    };
    const pieces = (data) => {
        const bytes = new Uint8Array(data);
        if (!window.pieceSize || bytes[0] === 0) return [data];
        let at = 1, offset = 0, scale = 1;
        for (;;) { const byte = bytes[at++]; offset += (byte & 0x7f) * scale; if (byte < 0x80) break; scale *= 0x80; }
        const made = [];
        while (at < bytes.length) {
            let end = Math.min(bytes.length, at + window.pieceSize);
            while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end++;
            const piece = bytes.slice(at, end);
            made.push(frame(bytes[0], offset, piece));
            offset += piece.filter((byte) => (byte & 0xc0) !== 0x80).length;
            at = end;
        }
        window.piecesSeen = (window.piecesSeen ?? 0) + made.length;
        return made;
    };
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
        get() { return whole.get.call(this); },
        set(heard) {
            whole.set.call(this, (event) => {
                if (typeof event.data === 'string') heard.call(this, event);
                else for (const data of pieces(event.data)) heard.call(this, { data });
            });
        },
    });
}"""


class Watched:
    """A browser that notes what ran and whom it asked."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.context, self.home = context, home
        self.ran: set[int] = set()
        self.asked: list[str] = []
        self.faults: list[str] = []
        context.expose_function("X", self._ran)
        context.on("request", self._asks)

    def _ran(self, number: int) -> None:
        self.ran.add(int(number))

    def _asks(self, request: Request) -> None:
        host = urlsplit(request.url)
        if host.scheme in ("http", "https", "ws", "wss") and host.netloc != urlsplit(self.home).netloc:
            self.asked.append(request.url)

    def look(self, page: Page, place: str) -> None:
        self.faults += [f"{place}: {fault}" for fault in page.evaluate(FAULTS)]

    def expect_nothing(self) -> None:
        assert self.faults == []
        assert self.ran == set(), [payload for payload in corpus() if payload.number in self.ran][:5]
        assert self.asked == []


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    live = LiveSite(DISCORD_TOKEN="a.b.c", DISCORD_IN_SITE="false").prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def scene(site: LiveSite) -> dict[str, Any]:
    return furnish(site, hostile=True)


@pytest.fixture(scope="module")
def watch(browser: Browser, site: LiveSite) -> Iterator[Callable[[str], tuple[Visitor, Watched]]]:
    contexts: list[BrowserContext] = []

    def sit(name: str) -> tuple[Visitor, Watched]:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site.url, bypass_csp=True)
        contexts.append(context)
        visitor = Visitor(context, site.url)
        if name:
            visitor.sign_in(name)
        return visitor, Watched(context, site.url)

    yield sit
    for context in contexts:
        context.close()


def test_unsanitised_they_act(browser: Browser) -> None:
    """A third of them, in which each kind is; the share that runs or asks is told in the log of the test."""
    context = browser.new_context(base_url=CONTROL)
    watched = Watched(context, CONTROL)
    page = context.new_page()
    page.route(f"{CONTROL}/", _answer)
    page.goto(f"{CONTROL}/")
    payloads = corpus()[::3]
    for at in range(0, len(payloads), AT_ONCE):
        page.evaluate(SHOW, [payload.control for payload in payloads[at : at + AT_ONCE]])
    acted = _acted(watched)
    context.close()
    print(f"{len(acted)} of {len(payloads)} payloads act where nothing stops them: {len(acted) / len(payloads):.0%}")
    kinds = {payload.vector for payload in payloads if payload.number in acted}
    assert (set(RUNS) | set(ASKS)) - kinds <= SLOW_TO_ACT
    assert len(acted) > len(payloads) / 2


SLOW_TO_ACT = {
    "<video><source onerror=JS src=x></video>", "<video src=x onerror=JS></video>", "<audio src=x onerror=JS></audio>",
    "<marquee onstart=JS>x</marquee>",
}  # fmt: skip
"""A frame of the control page may be gone before these are at it: media load late, and a marquee starts when it is seen."""

SHOW = """async (texts) => {
    const frames = await Promise.all(texts.map((text) => new Promise((done) => {
        const frame = document.createElement('iframe');
        frame.onload = () => done(frame);
        setTimeout(() => done(frame), 1000);
        frame.srcdoc = '<!doctype html><body>' + text;
        document.body.append(frame);
    })));
    const press = (frame) => {
        try {
            for (const one of frame.contentDocument.querySelectorAll('a, button')) one.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
        } catch { /* it has gone elsewhere */ }
    };
    frames.forEach(press);
    await new Promise((done) => setTimeout(done, 400));
    for (const frame of frames) frame.remove();
}"""


def _answer(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<!doctype html><body></body>")


def _acted(watched: Watched) -> set[int]:
    numbers = [urlsplit(url).path.strip("/").partition("/")[0] for url in watched.asked if FOREIGN in url]
    return watched.ran | {int(number) for number in numbers if number.isdigit()}


@pytest.mark.parametrize("name", ["", "alice", "olga"], ids=["guest", "member", "operator"])
def test_no_page_lets_them_act(watch: Any, site: LiveSite, scene: dict[str, Any], name: str) -> None:
    """Every page there is: conversations, links, prompts, personas, imports, nodes, the queue of moderators, the admin."""
    visitor, watched = watch(name)
    found, _ = pages(visitor.context.request, site, scene)
    for route, place in one_of_a_kind(found).items():
        if name != "olga" or route.startswith(("admin:", "moderation:")):
            visitor.go(place)
            watched.look(visitor.page, route)
    watched.expect_nothing()


def test_the_chat_in_use(watch: Any, scene: dict[str, Any]) -> None:
    """Lists to their end, search, thinking, editing, dialogs: what scripts put into the page."""
    visitor, watched = watch("alice")
    chat = visitor.open_chat(f"/chat/{scene['conversation']}/")
    page = chat.page
    expect(page.locator("#messages article")).not_to_have_count(0)
    page.locator("#messages details").evaluate_all("(all) => all.slice(-5).forEach((one) => (one.open = true))")
    page.locator("#messages article").evaluate_all("(all) => all.slice(0, 40).forEach((one) => one.scrollIntoView())")
    page.get_by_test_id("search").fill("top")
    expect(page.get_by_test_id("found").first).to_be_visible()
    watched.look(page, "search")
    page.get_by_test_id("search").fill("")
    for dialog in page.locator("dialog").all():
        dialog.evaluate("(one) => { one.showModal(); one.close(); }")
    page.get_by_test_id("more").first.evaluate("(one) => one.click()")
    watched.look(page, "organize")
    page.keyboard.press("Escape")
    page.get_by_test_id("edit").last.evaluate("(one) => one.click()")
    expect(page.get_by_test_id("editor-text")).to_be_visible()
    watched.look(page, "editor")
    watched.expect_nothing()


@pytest.mark.parametrize("size", [1, 3, 7])
def test_streamed_in_pieces(watch: Any, site: LiveSite, scene: dict[str, Any], size: int) -> None:
    """As thinking and as answer, painted as it comes and rendered at its end."""
    visitor, watched = watch("alice")
    visitor.context.add_init_script(f"({PIECES})()")
    text = "\n\n".join(payload.text for payload in corpus())
    with ScriptedNode(site) as node:
        chat = visitor.open_chat("/chat/")
        chat.page.evaluate("(size) => { window.pieceSize = size; }", size)
        chat.ask("What can you write?")
        node.next_job()
        node.think(text[:20_000])
        for at in range(0, len(text), 8_000):
            node.write(text[at : at + 8_000])
        expect(chat.last_answer).to_have_attribute("data-state", "streaming")
        chat.page.wait_for_function(
            "(end) => document.querySelector('#messages').textContent.includes(end)", arg=corpus()[-1].text[-12:]
        )
        watched.look(chat.page, "streaming")
        assert chat.page.evaluate("window.piecesSeen") >= len(text.encode()) / size
        node.finish()
        expect(chat.last_answer).to_have_attribute("data-state", "done", timeout=60_000)
        watched.look(chat.page, "finished")
    watched.expect_nothing()


def test_exported_pages(watch: Any, scene: dict[str, Any]) -> None:
    """The file stands for itself, wherever it is opened: here under another name, without any header."""
    visitor, _ = watch("alice")
    body = visitor.context.request.get(f"/chat/{scene['conversation']}/export/html/").text()
    assert "top.X(" in body
    browser = visitor.context.browser
    assert browser is not None
    context = browser.new_context(bypass_csp=True)
    watched = Watched(context, CONTROL)
    context.route("**/*", lambda route: route.fulfill(status=200, content_type="text/html; charset=utf-8", body=body))
    page = context.new_page()
    page.goto(f"{CONTROL}/")
    watched.look(page, "export")
    context.close()
    watched.expect_nothing()


def test_addresses_said_back(watch: Any) -> None:
    """Error pages, searches and sign-in pages with payloads in their addresses."""
    visitor, watched = watch("alice")
    texts = [" ".join(payload.text for payload in corpus()[at : at + 12]) for at in range(0, 720, 48)]
    for text in texts:
        visitor.go(f"/{quote(text, safe='')}?next={quote(text)}")
        watched.look(visitor.page, "error")
    for text in texts[:4]:
        visitor.go(f"/accounts/login/?next={quote('/' + text)}")
        watched.look(visitor.page, "next")
        visitor.go(f"/chat/prompts/?q={quote(text[:150])}")
        watched.look(visitor.page, "question")
    watched.expect_nothing()
