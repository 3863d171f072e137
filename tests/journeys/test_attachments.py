"""Files beside a question: dropped, pasted, picked, seen by the model, and found again."""

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.chat.attachments import files
from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PHOTO = files.picture("JPEG", (640, 480), "darkolivegreen")

GIVE = """([way, name, type, data]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, {type}));
    if (way === 'paste') {
        const event = new ClipboardEvent('paste', {clipboardData: carried, bubbles: true, cancelable: true});
        document.getElementById('text').dispatchEvent(event);
        return;
    }
    for (const kind of ['dragenter', 'dragover', 'drop']) {
        const event = new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true});
        document.getElementById('messages').dispatchEvent(event);
    }
}"""


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site, sees=True) as running:
        yield running


def give(chat: Chat, way: str, name: str, kind: str, data: bytes) -> None:
    """Drops or pastes a file, as a browser tells of it."""
    chat.page.evaluate(GIVE, [way, name, kind, base64.b64encode(data).decode()])


def chips(chat: Chat) -> Locator:
    return chat.page.get_by_test_id("chip")


def ready(chat: Chat, count: int) -> None:
    expect(chips(chat).and_(chat.page.locator("[data-state=ready]"))).to_have_count(count)


def no_sideways_scroll(chat: Chat) -> None:
    width, shown = chat.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= shown


def test_an_image_and_a_document_go_with_a_question(alice: Visitor, node: ScriptedNode) -> None:
    chat = alice.open_chat()
    give(chat, "drop", "photo.jpg", "image/jpeg", PHOTO)
    give(chat, "drop", "care.pdf", "application/pdf", files.pdf("Lizards bask on warm stones."))
    ready(chat, 2)
    expect(chips(chat).nth(1)).to_contain_text("characters")
    # A reload keeps them beside the draft.
    chat.page.reload()
    chat.expect_connected()
    ready(chat, 2)
    no_sideways_scroll(chat)
    chat.ask("What is this?")
    expect(chips(chat)).to_have_count(0)
    job = node.next_job()
    question = job.messages[-1]
    assert "Lizards bask on warm stones." in question.content
    assert question.content.endswith("What is this?")
    (seen,) = question.images
    data = node.blob(seen.blob)
    assert hashlib.sha256(data).hexdigest() == seen.blob
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (640, 480)
    node.write("A lizard on a stone.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    # What was sent can be looked at, before and after a reload.
    for _ in range(2):
        sent = chat.page.get_by_test_id("attached")
        expect(sent).to_have_count(2)
        sent.first.click()
        dialog = chat.page.get_by_test_id("attached-dialog")
        expect(dialog.locator("img")).to_have_js_property("naturalWidth", 640)
        chat.page.keyboard.press("Escape")
        sent.nth(1).press("Enter")
        expect(dialog.locator("pre")).to_contain_text("Lizards bask on warm stones.")
        no_sideways_scroll(chat)
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).not_to_be_visible()
        chat.page.reload()
        chat.expect_connected()


def test_a_pasted_image_a_refused_file_and_one_attached_again(
    alice: Visitor, node: ScriptedNode, tmp_path: Path
) -> None:
    chat = alice.open_chat()
    give(chat, "paste", "image.png", "image/png", files.picture("PNG", (300, 200)))
    ready(chat, 1)
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(files.pdf("secret", password="lizard"))
    chat.page.get_by_test_id("attach-input").set_input_files(locked)
    failed = chips(chat).nth(1)
    expect(failed).to_have_attribute("data-state", "failed")
    expect(failed).to_contain_text("password")
    chat.composer.fill("What is this?")
    chat.composer.press("Enter")
    expect(chat.page.get_by_test_id("composer-error")).to_contain_text("could not be attached")
    failed.get_by_test_id("chip-remove").click()
    expect(chips(chat)).to_have_count(1)
    chat.composer.press("Enter")
    job = node.next_job()
    assert len(job.messages[-1].images) == 1
    node.write("Red.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    # The same file again, from the menu.
    chat.composer.press_sequentially("#image")
    chat.page.get_by_role("option", name=re.compile("image.png")).first.click()
    ready(chat, 1)
    expect(chat.composer).to_have_value("")


def test_a_model_that_cannot_see_says_so_before_anything_is_sent(alice: Visitor, site: LiveSite) -> None:
    with ScriptedNode(site) as blind:
        chat = alice.open_chat()
        chat.expect_status("live")
        # A machine that sees was here before, and may come back; this model never will.
        chat.page.get_by_test_id("model").select_option("tiny")
        give(chat, "drop", "photo.jpg", "image/jpeg", PHOTO)
        ready(chat, 1)
        note = chat.page.get_by_test_id("attach-note")
        expect(note).to_contain_text("cannot see images")
        chips(chat).first.get_by_test_id("chip-remove").click()
        expect(note).not_to_be_visible()
        chat.ask("Why?")
        assert not blind.next_job().messages[-1].images
        blind.write("Because.")
        blind.finish()
        expect(chat.last_answer).to_have_attribute("data-state", "done")


def test_on_a_phone(sit: Sit, node: ScriptedNode) -> None:
    chat = sit("alice", size=PHONE).open_chat()
    give(chat, "drop", "a-very-long-name-of-a-photograph-of-a-lizard-in-the-sun.jpg", "image/jpeg", PHOTO)
    give(chat, "drop", "care.docx", "", files.docx())
    ready(chat, 2)
    no_sideways_scroll(chat)
    chat.ask("What is this?")
    assert len(node.next_job().messages[-1].images) == 1
    node.write("A lizard.")
    node.finish()
    expect(chat.page.get_by_test_id("attached")).to_have_count(2)
    no_sideways_scroll(chat)
