"""At phone width: nothing scrolls sideways, and the chat works with a thumb."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PHONE, Sit
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient

pytestmark = [pytest.mark.journey, pytest.mark.browser]

CODE = next(pair for pair in PLAIN_PAIRS if "```python" in pair.answer)

PUBLIC = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/")
MEMBERS = (
    "/",
    "/dashboard/",
    "/chat/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
)
OPERATORS = (
    "/admin/",
    "/admin/chat/node/",
    "/admin/chat/generation/",
    "/admin/chat/node/pair/",
    "/admin/accounts/user/1/change/",
    "/admin/accounts/invitation/add/",
)
CUT_OFF = """() => [...document.querySelectorAll("main input, main select, main textarea, main button, .form-row input")]
    .filter((field) => field.offsetWidth && field.closest(".form-row, form")
        && field.getBoundingClientRect().right > field.closest(".form-row, form").getBoundingClientRect().right)
    .map((field) => field.name || field.textContent)"""
"""Fields that reach beyond the box they lie in, which hides the rest of them."""


@pytest.mark.parametrize(
    ("name", "paths"), [("", PUBLIC), ("alice", MEMBERS), ("olga", OPERATORS)], ids=["guest", "member", "operator"]
)
def test_no_page_scrolls_sideways(sit: Sit, name: str, paths: tuple[str, ...]) -> None:
    visitor = sit(name, size=PHONE)
    wide = {}
    for path in paths:
        visitor.go(path)
        if (width := visitor.page.evaluate("document.documentElement.scrollWidth")) > PHONE[0]:
            wide[path] = width
        if fields := visitor.page.evaluate(CUT_OFF):
            wide[path] = fields
    assert not wide


def test_the_chat_works_at_phone_width(sit: Sit, client: LiveClient) -> None:
    alice = sit("alice", size=PHONE)
    chat = alice.open_chat()
    chat.ask(CODE.question)
    chat.expect_answer(CODE.answer)
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for control in (chat.composer, chat.last_answer):
        expect(control).to_be_in_viewport()
    chat.show_list()
    expect(chat.current_row).to_be_visible()
