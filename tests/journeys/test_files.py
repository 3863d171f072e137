"""Files beside a conversation: written while one looks, changed by hand and by asking, taken away; and pages that try to get out of their frame."""

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.chat.artifacts.making import HANDLED, PROGRAM
from tests.hostile import pages
from tests.journeys.conftest import PHONE, Sit, add_olga
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

MAKE = """
import json
from uuid import uuid4
from chat import actions, generations
from chat.artifacts import actions as artifacts
from chat.models import Message
from meatlizard.accounts.models import User
alice = User.objects.get(username="alice")
talk = actions.create_conversation(alice)
asked = actions.send(alice, talk.pk, uuid4(), "Pages, please")
generations.end_by_site(asked.generation, "cancelled")
message = Message.objects.get(generations=asked.generation)
rows = {}
for at, (name, text) in enumerate(json.loads(PAGES).items()):
    rows[name] = str(artifacts.create(alice, message, f"{at}.html", text).artifact_id)
print(json.dumps({"talk": str(talk.pk), "rows": rows}))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """A site whose operators let scripts run in the frame, so that both ways to look can be seen."""
    live = LiveSite(ARTIFACT_SCRIPTS="true").prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


class Listener:
    """Counts who comes, by TCP and by UDP, and what was said."""

    def __init__(self) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.came: list[str] = []
        self.said: list[bytes] = []
        for serve in (self._streams, self._packets):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def ports(self) -> dict[str, int]:
        return {"tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1]}

    def _streams(self) -> None:
        while True:
            try:
                link, _ = self.tcp.accept()
            except OSError:
                return
            self.came.append("tcp")
            threading.Thread(target=self._hear, args=(link,), daemon=True).start()

    def _hear(self, link: socket.socket) -> None:
        with link:
            self.said.append(link.recv(500))

    def _packets(self) -> None:
        while True:
            try:
                self.udp.recv(2_000)
            except OSError:
                return
            self.came.append("udp")

    def close(self) -> None:
        self.tcp.close()
        self.udp.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()
    yield heard
    heard.close()


def made(site: LiveSite, texts: dict[str, str]) -> dict[str, dict[str, str]]:
    code = f"PAGES = {json.dumps(texts)!r}\n{MAKE}"
    found: dict[str, dict[str, str]] = json.loads(
        site.manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1]
    )
    return found


def write(node: ScriptedNode, text: str, *, pause: int = 0) -> None:
    node.next_job()
    node.write(text[:pause] if pause else text)
    if not pause:
        node.finish()


def answer(program: str) -> str:
    return f"Here it is:\n\n```python\n{program}```\n\nRun it with Python."


def test_a_file_is_written_changed_and_taken_away(alice: Visitor, site: LiveSite) -> None:
    with ScriptedNode(site) as node:
        chat, page = alice.open_chat(), alice.page
        chat.ask("Write a script that counts walls, save it as walls.py")
        whole = answer(PROGRAM)
        write(node, whole, pause=400)
        page.get_by_test_id("files-open").click()
        expect(page.get_by_test_id("files-list")).to_contain_text("being written")
        expect(page.get_by_test_id("file-view")).to_contain_text("def step_1(")
        node.write(whole[400:])
        node.finish()
        listed = page.get_by_test_id("files-list").locator("button")
        expect(listed.filter(has_text="walls.py")).to_have_count(1)
        expect(page.get_by_test_id("file-chip")).to_have_text(re.compile("walls.py"))
        page.get_by_test_id("file-chip").click()
        expect(page.get_by_test_id("file-view").locator("code span").first).to_be_visible()
        expect(page.get_by_test_id("file-ends")).to_contain_text("goes")
        page.get_by_test_id("file-keep").click()
        expect(page.get_by_test_id("file-ends")).to_have_text("kept")
        page.get_by_test_id("file-store").click()
        expect(page.get_by_text("It is in your files.")).to_be_visible()
        kept = alice.context.request.get("/files/?q=walls.py").text()
        assert "walls.py</bdi>" in kept
        with page.expect_download() as saved:
            page.get_by_test_id("file-download").click()
        assert saved.value.suggested_filename == "walls.py"
        assert saved.value.path().read_text() == PROGRAM
        digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
        expect(page.get_by_test_id("file-sum")).to_contain_text(f"SHA-256 {digest}")
        _by_hand(chat)
        page.get_by_test_id("file-ask").click()
        expect(chat.composer).to_have_value(re.compile(r"^Change walls\.py: \n\n```python\n# By hand\n"))
        chat.composer.fill("Change walls.py: add error handling")
        chat.composer.press("Enter")
        write(node, answer(HANDLED))
        expect(page.get_by_test_id("file-version")).to_have_value("3")
        page.get_by_test_id("file-changes").click()
        expect(page.get_by_test_id("file-view").locator(".gi").filter(has_text="except OSError")).to_have_count(1)
        page.get_by_test_id("file-version").select_option("1")
        page.get_by_test_id("file-restore").click()
        expect(page.get_by_test_id("file-version")).to_have_value("4")


def _by_hand(chat: Chat) -> None:
    page = chat.page
    page.get_by_test_id("file-edit").click()
    # The editor takes the field's place once it is there.
    expect(page.locator("#files .cm-content")).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# By hand\n")
    page.get_by_test_id("file-save").click()
    expect(page.get_by_test_id("file-version")).to_have_value("2")
    expect(page.get_by_test_id("file-view")).to_contain_text("# By hand")


def test_two_tabs_that_change_a_file_lose_nothing(sit: Sit, site: LiveSite, alice: Visitor) -> None:
    found = made(site, {"page": "<h1>Walls</h1>"})
    tabs = [alice, sit("alice")]
    for tab in tabs:
        tab.open_chat(f"/chat/{found['talk']}/#artifact-{found['rows']['page']}")
        tab.page.get_by_test_id("file-edit").click()
        expect(tab.page.locator("#files .cm-content")).to_be_focused()
        tab.page.keyboard.type(f"<p>{tabs.index(tab)}</p>")
    tabs[0].page.get_by_test_id("file-save").click()
    expect(tabs[0].page.get_by_test_id("file-version")).to_have_value("2")
    tabs[1].page.get_by_test_id("file-save").click()
    expect(tabs[1].page.locator("#files [role=alert]")).to_contain_text("newer version")
    expect(tabs[1].page.locator("#files .cm-content")).to_contain_text("<p>1</p>")


def test_on_a_phone_it_takes_the_place_of_all_else(sit: Sit, site: LiveSite, alice: Visitor) -> None:
    alice.open_chat()
    found = made(site, {"page": "<h1>Walls</h1>"})
    phone = sit("alice", size=PHONE)
    page = phone.open_chat(f"/chat/{found['talk']}/").page
    page.get_by_test_id("files-open").click()
    expect(page.locator("#files-title")).to_be_focused()
    assert page.evaluate(
        "[document.getElementById('main').inert, document.documentElement.scrollWidth <= innerWidth]"
    ) == [True, True]
    expect(page.frame_locator("[data-testid=file-frame]").get_by_role("heading", name="Walls")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("files-open")).to_be_focused()
    assert page.evaluate("document.getElementById('main').inert") is False


def _loaded(page: Page, key: str) -> None:
    """What is in the frame had its time: it was parsed, and what it asks for was asked for."""
    frame = page.locator(f"iframe[src*='{key}']").element_handle()
    assert frame is not None
    inside = frame.content_frame()
    assert inside is not None
    inside.wait_for_load_state("load")


def test_pages_of_strangers_get_nowhere(alice: Visitor, site: LiveSite, listener: Listener) -> None:
    """By default nothing so much as opens a connection. With scripts, which their reader has to ask for, nothing of the site's is reached."""
    alice.open_chat()
    texts = {name: text.format(**listener.ports) for name, text in pages.OUT.items()} | {"in": pages.IN.format()}
    found = made(site, texts)
    page = alice.open_chat(f"/chat/{found['talk']}/").page
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.get_by_test_id("files-open").click()
    for key in [*found["rows"].values()]:
        with page.expect_response(re.compile(f"{key}/1/frame/")):
            # The newest is looked at as soon as the panel opens; another first, so that each is loaded once more.
            page.locator(f"#files button[data-file='{key}']").click()
        _loaded(page, key)
    page.wait_for_load_state("networkidle")
    assert listener.came == []
    page.locator(f"#files button[data-file='{found['rows']['in']}']").click()
    page.get_by_test_id("file-run").click()
    page.get_by_test_id("confirm-yes").click()
    body = page.frame_locator("[data-testid=file-frame]").locator("body")
    expect(body).to_have_text(re.compile(r"^(refused SecurityError\|){4}refused (SecurityError|TypeError)$"))
    assert page.url.split("#")[0] == f"{site.url}/chat/{found['talk']}/"
    assert dialogs == [] and len(page.context.pages) == 1 and listener.said == []
    alice.complaints.clear()
