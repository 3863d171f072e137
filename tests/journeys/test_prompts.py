"""Prompts: written in the library, used behind "/" with their variables, and what the model of an answer read in the end."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit, add_olga
from tests.journeys.pages import Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """A site that puts its own texts before conversations, as sites do that nobody tests with the tiny model."""
    live = LiveSite(PROMPT_LAYERS="true").prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def fits(page: Page) -> None:
    """Nothing hangs over the edge of the page."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} pixels too wide"


def write_a_prompt(alice: Visitor, command: str) -> None:
    page = alice.go("/chat/prompts/").page
    page.get_by_test_id("new-prompt").click()
    page.get_by_label("Title").fill("Greet somebody")
    page.get_by_label("Command").fill(command)
    page.get_by_label("Text", exact=True).fill("Greet {{who}} in {{words}} words.")
    expect(page.get_by_test_id("unplaced")).to_contain_text("{{who}}, {{words}}")
    for name, question, kind in (("who", "Whom?", "a long text"), ("words", "How many words?", "a number")):
        page.get_by_test_id("add-variable").click()
        row = page.get_by_test_id("variable").last
        row.get_by_label("Name").fill(name)
        row.get_by_label("Question").fill(question)
        row.get_by_label("Kind").select_option(label=kind)
    expect(row.get_by_label("Choices, one on each line")).to_be_hidden()
    row.get_by_label("At most").fill("50")
    row.get_by_label("To begin with").fill("12")
    preview = page.get_by_test_id("preview")
    expect(preview.get_by_label("Whom?")).to_be_disabled()
    expect(preview.get_by_label("How many words?")).to_have_value("12")
    expect(page.get_by_test_id("unplaced")).to_be_hidden()
    fits(page)
    page.get_by_test_id("save-prompt").click()
    expect(page.get_by_test_id("prompt-title")).to_have_text("Greet somebody")


@SIZES
def test_a_prompt_is_written_used_and_seen_by_the_model(sit: Sit, node: ScriptedNode, size: tuple[int, int]) -> None:
    alice, command = sit("alice", size=size), f"greet-{size[0]}"
    write_a_prompt(alice, command)
    alice.go("/chat/about-me/").page.get_by_label("About you").fill("I keep <b>lizards</b>.")
    alice.page.get_by_test_id("save-own").click()
    chat, page = alice.open_chat(), alice.page
    chat.expect_status("live")
    chat.composer.press_sequentially(f"/{command}")
    expect(page.get_by_test_id("menu-option")).to_have_count(1)
    chat.composer.press("Enter")
    form = page.get_by_test_id("prompt-form")
    expect(form.get_by_label("Whom?")).to_be_focused()
    form.get_by_label("Whom?").fill("{{words}} & <i>Bob</i>")
    form.get_by_label("How many words?").fill("13")
    fits(page)
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(chat.composer).to_have_value(f"/{command}")
    chat.composer.press("Backspace")
    expect(page.get_by_test_id("menu-option")).to_have_count(1)
    chat.composer.press("Enter")
    form.get_by_label("Whom?").fill("{{words}} & <i>Bob</i>")
    page.get_by_test_id("prompt-fill").click()
    expect(chat.composer).to_have_value("Greet {{words}} & <i>Bob</i> in 12 words.")
    chat.composer.press("Enter")
    job = node.next_job()
    assert job.messages[-1].content == "Greet {{words}} & <i>Bob</i> in 12 words."
    node.write("Hello Bob.")
    node.finish()
    chat.expect_answer("Hello Bob.")
    chat.last_answer.hover()
    chat.last_answer.get_by_test_id("prompt-of-answer").click()
    read = page.get_by_test_id("prompt-read")
    layers = read.get_by_test_id("prompt-layer").locator("pre")
    expect(layers).to_have_count(5)
    assert "\n\n".join(layers.all_inner_texts()) == job.messages[0].content
    expect(read).to_contain_text("I keep <b>lizards</b>.")
    fits(page)
    page.get_by_test_id("prompt-read-close").click()
    expect(read).to_have_count(0)


@SIZES
def test_the_library_is_searched_copied_changed_and_changed_back(sit: Sit, size: tuple[int, int]) -> None:
    bob = sit("bob", size=size)
    page = bob.go("/chat/prompts/").page
    expect(page.get_by_test_id("prompt-row")).not_to_have_count(0)
    fits(page)
    page.get_by_test_id("prompt-search").fill("recipe that is not there")
    page.get_by_test_id("prompt-filter").click()
    expect(page.get_by_test_id("no-prompts")).to_be_visible()
    page.get_by_test_id("prompt-search").fill("gist")
    page.get_by_test_id("prompt-category").select_option("")
    page.get_by_test_id("prompt-filter").click()
    page.get_by_role("link", name="Summarise").click()
    page.get_by_test_id("try").click()
    page.get_by_test_id("prompt-form").get_by_label("Text").fill("A long story.")
    page.get_by_test_id("prompt-fill").click()
    expect(page.get_by_test_id("tried")).to_contain_text("A long story.")
    fits(page)
    page.get_by_test_id("copy-prompt").click()
    page.get_by_label("What it is for").fill("For my thesis.")
    page.get_by_test_id("save-prompt").click()
    page.get_by_test_id("versions-of-prompt").click()
    expect(page.get_by_test_id("diff").locator("ins")).to_contain_text("For my thesis.")
    fits(page)
    page.get_by_role("link", name="Version 1").click()
    page.get_by_test_id("take-back").click()
    expect(page.get_by_test_id("version-row")).to_have_count(3)
    page.get_by_role("link", name="Back to the prompt").click()
    page.get_by_test_id("delete-prompt").click()
    expect(page.get_by_test_id("removed")).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("prompt-title")).to_have_text("Summarise")
    page.get_by_test_id("delete-prompt").click()
    # A device that is taken away while its page goes to another: now and then Chromium never answers that.
    expect(page.get_by_test_id("removed")).to_be_visible()
