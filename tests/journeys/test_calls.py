"""Calls of tools as a person sees them: live, folded, after a reload, approved with the keyboard, with sources that open."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from inference_client.protocol.vocabulary import ToolCall
from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Chat, Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

ALWAYS_ASK = (
    "from chat.models import ToolChoice; from chat.tools.choices import changed;"
    "ToolChoice.objects.update_or_create(name='calculator', defaults={'approval': 'always'}); changed()"
)
ASKS = "Calculator, asks you before each call"
A_SOURCE = (
    "from django.utils import timezone; from chat.models import Generation; from chat.tools import sources;"
    "from chat.tools.registry import Source; row = Generation.objects.order_by('-created').first();"
    "sources.add(row.message_id, [Source('All about <b>lizards</b>', 'https://example.org/lizards', timezone.now(), 'They bask.')])"
)


@pytest.fixture
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site, calls=True) as running:
        yield running


def sum_of(expression: str) -> ToolCall:
    return ToolCall(id="a", name="calculator", arguments=f'{{"expression": "{expression}"}}')


def call(chat: Chat, number: int = 0) -> Locator:
    return chat.last_answer.get_by_test_id("call").nth(number)


def test_a_call_is_shown_while_it_runs_and_for_ever_after(
    alice: Visitor, sit: Sit, site: LiveSite, node: ScriptedNode
) -> None:
    chat = alice.open_chat()
    chat.ask("How much?")
    job = node.next_job()
    assert "calculator" in [tool.name for tool in job.tools]
    node.write("I work it out. ")
    node.finish(sum_of("6*7"))
    job = node.next_job()
    expect(call(chat)).to_have_attribute("data-state", "done")
    assert job.messages[-1].role == "tool"
    assert "42" in job.messages[-1].content
    site.manage("shell", "--no-imports", "-c", A_SOURCE)
    node.write("It is 42 [1], not `[1]`.")
    expect(chat.last_answer.get_by_test_id("message-body")).to_contain_text("It is 42")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    phone = sit("alice", size=PHONE)
    for seen in (chat, phone.open_chat(alice.page.url.removeprefix(site.url))):
        expect(call(seen).get_by_test_id("call-said")).to_contain_text("done")
        call(seen).get_by_test_id("call-summary").press("Enter")
        expect(call(seen).get_by_test_id("call-result")).to_contain_text("42")
        body = seen.last_answer.get_by_test_id("message-body")
        expect(body.locator("a.citation")).to_have_count(1)
        expect(body.locator("a.citation")).to_have_attribute("href", "https://example.org/lizards")
        expect(seen.last_answer.get_by_test_id("cited").locator("a")).to_have_text("All about <b>lizards</b>")
        expect(seen.last_answer.get_by_test_id("sources")).to_have_count(0)
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert chat.stored() == "I work it out. It is 42 [1], not `[1]`."


def test_a_call_waits_for_its_person_and_is_decided_with_the_keyboard(
    alice: Visitor, site: LiveSite, node: ScriptedNode
) -> None:
    chat = alice.open_chat()
    chat.ask("Good evening")
    node.next_job()
    node.write("Good evening.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
    tools = f"{alice.page.url.rstrip('/')}/tools/"
    assert ASKS not in alice.context.request.get(tools).text()
    site.manage("shell", "--no-imports", "-c", ALWAYS_ASK)
    # The serving process looks every two seconds.
    while ASKS not in alice.context.request.get(tools).text():
        alice.page.wait_for_timeout(200)
    chat.ask("How much?")
    node.next_job()
    node.finish(sum_of("6*7"), sum_of("1+1").model_copy(update={"id": "b"}))
    expect(call(chat, 1)).to_have_attribute("data-state", "waiting", timeout=30_000)
    expect(call(chat)).to_have_attribute("data-state", "waiting")
    alice.page.reload()
    expect(chat.last_answer.get_by_test_id("message-note")).to_contain_text("approval")
    call(chat).get_by_test_id("call-approve").press("Enter")
    expect(call(chat)).to_have_attribute("data-state", "approved")
    call(chat, 1).get_by_test_id("call-decline").press("Enter")
    expect(call(chat)).to_have_attribute("data-state", "done")
    expect(call(chat, 1)).to_have_attribute("data-state", "declined")
    job = node.next_job()
    told = [message.content for message in job.messages if message.role == "tool"]
    assert ["42" in told[0], "declined" in told[1]] == [True, True]
    node.write("42.")
    node.finish()
    expect(chat.last_answer).to_have_attribute("data-state", "done")
