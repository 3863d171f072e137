"""Alice asks, on a live site with a real client: she watches the answer, leaves, returns, stops, asks again, tidies up."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit
from tests.journeys.pages import STORIES, Visitor
from tests.models.corpus import PLAIN_PAIRS, VOICE_PAIRS, Pair
from tests.services.client import LiveClient
from tests.services.programs import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.usefixtures("at_full_speed")]

STORY, OTHER_STORY = STORIES[:2]
CODE = next(pair for pair in PLAIN_PAIRS if "```python" in pair.answer)
SHORT = PLAIN_PAIRS[0]
VOICE = VOICE_PAIRS[0]
EMOJI = next(pair for pair in PLAIN_PAIRS if any(ord(character) > 0xFFFF for character in pair.answer))


def test_alice_watches_the_answer_grow(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    chat.watch_growth()
    client.slow_motion()
    chat.ask(STORY.question)
    wait_until(lambda: len(chat.parts_seen(STORY.answer)) >= 10, "the answer is seen in ten lengths")
    client.full_speed()
    chat.expect_answer(STORY.answer)
    parts = chat.parts_seen(STORY.answer)
    assert parts == sorted(parts), f"text was taken back: {parts}"


@pytest.mark.parametrize("pair", [SHORT, EMOJI], ids=["plain", "emoji"])
def test_the_answer_is_the_trained_one_word_for_word(alice: Visitor, client: LiveClient, pair: Pair) -> None:
    chat = alice.open_chat()
    chat.ask(pair.question)
    chat.expect_answer(pair.answer)


def test_code_is_highlighted_and_can_be_copied(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    chat.ask(CODE.question)
    chat.expect_answer(CODE.answer)
    block = chat.last_answer.locator("pre")
    colours = {span.evaluate("it => getComputedStyle(it).color") for span in block.locator("span").all()}
    assert len(colours) > 1, "the code has one colour"
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.last_answer.get_by_test_id("copy-code").click()
    code = re.search(r"```python\n(.*?)```", CODE.answer, re.DOTALL)
    assert code is not None
    expect(chat.last_answer.get_by_test_id("copy-code")).to_have_text("Copied")
    assert alice.page.evaluate("navigator.clipboard.readText()").strip() == code[1].strip()


def test_a_conversation_gets_its_title_by_itself(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    chat.ask(STORY.question)
    chat.expect_answer(STORY.answer)
    expect(chat.current_row).to_contain_text(STORY.title)


def test_a_reload_in_mid_answer_loses_and_repeats_nothing(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(STORY.question)
    chat.wait_part(STORY.answer, 60)
    client.freeze()
    before = chat.shown()
    alice.page.reload()
    chat.wait_part(STORY.answer, len(before))
    client.slow_motion()
    chat.wait_part(STORY.answer, len(before) + 20)
    alice.page.reload()
    client.full_speed()
    chat.expect_answer(STORY.answer)


def test_a_second_device_sees_the_same(alice: Visitor, client: LiveClient, sit: Sit) -> None:
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(OTHER_STORY.question)
    chat.wait_part(OTHER_STORY.answer, 60)
    telephone = sit("alice").open_chat(alice.page.url)
    telephone.wait_part(OTHER_STORY.answer, 60)
    client.full_speed()
    chat.expect_answer(OTHER_STORY.answer)
    telephone.expect_answer(OTHER_STORY.answer)
    telephone.ask(SHORT.question)
    chat.expect_answer(SHORT.answer, count=2)


def test_stopped_is_said_when_the_client_has_said_so_and_the_slot_is_free(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    client.slow_motion()
    chat.ask(STORY.question)
    chat.wait_part(STORY.answer, 60)
    client.freeze()
    before = chat.shown()
    chat.stop()
    expect(chat.last_answer).to_contain_text("Stopping")
    expect(chat.last_answer).not_to_contain_text("Stopped")
    client.full_speed()
    expect(chat.last_answer).to_contain_text("Stopped")
    stopped = chat.shown()
    assert STORY.answer.startswith(stopped.strip()) and len(before) <= len(stopped) < len(STORY.answer)
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer, count=2)


def test_an_answer_is_written_again(alice: Visitor, client: LiveClient) -> None:
    chat = alice.open_chat()
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer)
    chat.regenerate()
    chat.expect_answer(SHORT.answer, count=1)


def test_a_conversation_is_renamed_and_deleted(alice: Visitor, client: LiveClient, sit: Sit) -> None:
    chat = alice.open_chat()
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer)
    telephone = sit("alice").open_chat()
    chat.rename("Lizards of the east wall")
    expect(telephone.row("Lizards of the east wall")).to_be_visible()
    address = alice.page.url
    chat.delete()
    expect(telephone.row("Lizards of the east wall")).to_have_count(0)
    answer = alice.page.goto(address)
    assert answer is not None and answer.status == 404


def test_model_voice_and_temperature_are_the_conversations_own(alice: Visitor, client: LiveClient) -> None:
    assert VOICE.system is not None
    chat = alice.open_chat()
    chat.configure(model="tiny", system_prompt=VOICE.system, temperature="0")
    chat.ask(VOICE.question)
    chat.expect_answer(VOICE.answer)
    alice.page.reload()
    assert chat.settings() == {"model": "tiny", "system_prompt": VOICE.system, "temperature": 0.0}


def test_charlie_finds_nothing_of_alices(alice: Visitor, client: LiveClient, sit: Sit) -> None:
    chat = alice.open_chat()
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer)
    charlie = sit("charlie")
    answer = charlie.page.goto(alice.page.url)
    assert answer is not None and answer.status == 404
    assert SHORT.answer not in charlie.page.content()
    charlie.open_chat()
    expect(charlie.page.get_by_text(STORY.title)).to_have_count(0)
