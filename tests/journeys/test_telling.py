"""Wherever on the site one is, an answer that was waited for is told of."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.journey]

ASKED_LONG_AGO = (
    "import datetime; from django.db.models import F; from chat.models import Generation;"
    "Generation.objects.update(created=F('created') - datetime.timedelta(minutes=5))"
)


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


def test_the_dashboard_on_a_phone_leads_to_the_answer(sit: Sit, site: LiveSite, node: ScriptedNode) -> None:
    phone = sit("alice", size=PHONE)
    socket = "ws/chat/"
    with phone.page.expect_websocket(lambda opened: socket in opened.url):
        phone.go("/dashboard/")
    chat = sit("alice").open_chat()
    chat.ask("Why?")
    node.next_job()
    site.manage("shell", "--no-imports", "-c", ASKED_LONG_AGO)
    node.write("Because.")
    node.finish()
    notice = phone.page.get_by_test_id("answer-notice")
    expect(notice).to_be_visible()
    notice.get_by_role("link", name="Why?").click()
    expect(phone.page.locator("#messages [data-part=body]").last).to_have_text("Because.")


def test_the_browser_is_asked_on_a_click_and_remembers(sit: Sit) -> None:
    visitor = sit("alice")
    visitor.context.grant_permissions(["notifications"])
    page = visitor.go("/chat/notices/").page
    state = page.get_by_test_id("notify-state")
    expect(state).to_have_text("This device shows no notices.")
    page.get_by_test_id("notify-on").click()
    expect(state).to_have_text("This device shows notices.")
    page.reload()
    page.get_by_test_id("notify-off").click()
    expect(state).to_have_text("This device shows no notices.")
