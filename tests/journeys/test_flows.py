"""Olga has a persona begin with questions; Bob answers them by button and by hand, at a desk and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Chat
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

ATTACH = """
from chat.flows import actions as flows
from chat.models import Flow, PersonaFlow
from chat.personas import actions
from meatlizard.accounts.models import User
from tests.chat.flows.makers import welcome
from tests.chat.personas.makers import lizzy
row = actions.create(User.objects.get(username="olga"), lizzy(), visibility="shared")
actions.set_state(row, "published")
flow = Flow(name="Welcome")
flows.save(flow, welcome(), None)
PersonaFlow.objects.create(persona=row, flow=flow)
print(row.pk, flow.pk)
"""


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


@pytest.fixture(scope="module")
def begun(site: LiveSite) -> list[str]:
    """The persona and its flow."""
    return site.manage("shell", "--no-imports", "-c", ATTACH).split()[-2:]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_persona_asks_first_and_the_model_knows_the_answers(
    sit: Sit, node: ScriptedNode, begun: list[str], size: tuple[int, int]
) -> None:
    bob = sit("bob", size=size)
    page = bob.go(f"/chat/personas/{begun[0]}/").page
    page.get_by_test_id("persona-chat").click()
    chat = Chat(bob)
    chat.expect_connected()
    expect(page.get_by_test_id("flow-words")).to_have_text("Write your answer.")
    chat.composer.fill("Bob")
    chat.composer.press("Enter")
    expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("How old are you, Bob?")
    chat.composer.fill("old")
    chat.composer.press("Enter")
    expect(chat.last_answer.get_by_test_id("message-body")).to_contain_text("Please answer with a number")
    chat.composer.fill("34")
    chat.composer.press("Enter")
    expect(page.get_by_test_id("flow-choice")).to_have_text(["Books", "Rain"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    page.reload()
    chat.expect_connected()
    rain = page.get_by_test_id("flow-choice").filter(has_text="Rain")
    rain.focus()
    page.keyboard.press("Enter")
    expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("Then let us talk about Rain.")
    expect(page.get_by_test_id("flow")).to_be_hidden()
    chat.composer.fill("Why does it rain?")
    chat.composer.press("Enter")
    read = [message.content for message in node.next_job().messages]
    assert "- topic: Rain" in read[0] and read[-1] == "Why does it rain?"


def test_another_page_of_bobs_follows_and_may_skip(sit: Sit, begun: list[str]) -> None:
    one, two = sit("bob"), sit("bob", size=PHONE)
    one.go(f"/chat/personas/{begun[0]}/").page.get_by_test_id("persona-chat").click()
    here = Chat(one)
    here.expect_connected()
    there = two.open_chat(one.page.url.removeprefix(one.url))
    there.expect_connected()
    here.composer.fill("Bob")
    here.composer.press("Enter")
    expect(two.page.get_by_test_id("flow-words")).to_have_text("Answer with a number.")
    two.page.get_by_test_id("flow-skip").click()
    for visitor, chat in ((one, here), (two, there)):
        expect(chat.last_answer.get_by_test_id("message-body")).to_have_text("All right. Ask whatever you like.")
        expect(visitor.page.get_by_test_id("flow")).to_be_hidden()


def test_olga_walks_through_it(sit: Sit, begun: list[str]) -> None:
    page = sit("olga").go(f"/admin/chat/flow/{begun[1]}/walk/").page
    for text in ("Olga", "34"):
        page.get_by_test_id("walk-answer").fill(text)
        page.keyboard.press("Enter")
    page.get_by_test_id("walk-choice").filter(has_text="Books").click()
    expect(page.get_by_test_id("walk-state")).to_contain_text("Free chat")
