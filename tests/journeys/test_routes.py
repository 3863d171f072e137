"""Routes as people meet them: an operator tries and switches on, a member reads why and asks for another."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as running:
        yield running


def test_a_question_takes_a_route_and_then_another(sit: Sit, node: ScriptedNode) -> None:
    desk = sit("olga")
    olga = desk.go("/admin/chat/route/").page
    olga.get_by_test_id("try-route").click()
    olga.get_by_test_id("try-text").fill("Solve x^2 - 5x + 6 = 0")
    olga.get_by_test_id("try-send").click()
    expect(olga.get_by_test_id("stage").first).to_contain_text("Math")
    desk.go("/admin/chat/routing/1/change/")
    olga.get_by_label("choose a route for each question").check()
    olga.locator("[name=_save]").click()
    expect(olga.locator(".messagelist")).to_contain_text("within two seconds")

    alice = sit("alice", size=PHONE)
    chat = alice.open_chat()
    chat.ask("Solve x^2 - 5x + 6 = 0 for x")
    assert node.next_job().sampling.thinking == "on"
    node.write("2 and 3.")
    node.finish()
    badge = chat.last_answer.get_by_test_id("route")
    expect(badge).to_have_text("Math")
    badge.click()
    dialog = alice.page.get_by_test_id("route-dialog")
    expect(dialog).to_contain_text("it holds an equation")
    first = chat.last_id()
    dialog.get_by_test_id("route-choice").filter(has_text="Reasoning").click()
    expect(dialog).to_have_count(0)
    assert node.next_job().sampling.thinking == "high"
    node.write("Two and three, since they add up to five.")
    node.finish()
    expect(badge).to_have_text("Reasoning")
    assert chat.last_id() != first
    alice.page.reload()
    badge.click()
    expect(dialog).to_contain_text("You chose it.")
    assert not alice.page.evaluate("document.documentElement.scrollWidth > innerWidth"), "the phone scrolls sideways"
