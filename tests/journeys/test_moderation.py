"""A rule is switched on, a question breaks it, the person is shut out, appeals, and is let in again by a moderator."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Visitor
from tests.journeys.scripted_node import ScriptedNode
from tests.journeys.test_sharing import looked_at
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


def write_rule(olga: Visitor, name: str, word: str) -> None:
    page = olga.go("/admin/moderation/ruleset/add/").page
    page.locator("#id_name").fill(name)
    page.get_by_text("Add another Rule").click()
    page.locator("#id_rules-0-name").fill("word")
    page.locator("#id_rules-0-words").fill(f"{word}\nf*ck")
    page.locator("#id_rules-0-action").select_option(label="suspend: blocked, and the account is suspended")
    page.locator("#id_rules-0-message").fill("This site does not talk about that")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Line 2: a word consists of letters and digits.")).to_be_visible()
    looked_at(page, "rule-refused")
    page.locator("#id_rules-0-words").fill(word)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".success")).to_be_visible()


def try_and_switch_on(olga: Visitor, name: str, word: str) -> None:
    page = olga.go("/admin/moderation/ruleset/try/").page
    page.locator("#id_text").fill(f"Where is the {word}?")
    page.locator("#id_everything").check()
    page.get_by_test_id("try-send").click()
    expect(page.get_by_test_id("tried-action")).to_contain_text("suspend")
    looked_at(page, "try")
    olga.go("/admin/moderation/ruleset/")
    looked_at(page, "rule-sets")
    page.locator("tr", has_text=name).locator("input.action-select").check()
    page.locator("select[name=action]").select_option("switch_on")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    expect(page.get_by_text("1 rule set(s) switched on.")).to_be_visible()


def open_case(olga: Visitor, person: str) -> Page:
    page = olga.go(f"/admin/moderation/case/?q={person}").page
    looked_at(page, "queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("case")).to_be_visible()
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_from_a_rule_to_an_appeal_that_is_granted(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    name, word = f"alice{size[0]}", f"lizard{size[0]}"
    olga = sit("olga", size=size)
    write_rule(olga, f"No {word}", word)
    try_and_switch_on(olga, f"No {word}", word)

    alice = sit(name, size=size)
    with ScriptedNode(site) as node:
        chat = alice.open_chat()
        chat.composer.fill(f"Where is the {word}?")
        chat.composer.press("Enter")
        # Signed out at once, wherever that leads; the site lets her in far enough to see why.
        alice.page.wait_for_url("**/accounts/login/**")
        page = alice.sign_in(name).go("/chat/").page
        expect(page.get_by_test_id("suspended")).to_be_visible()
        expect(page.get_by_test_id("suspension-reason")).to_have_text("This site does not talk about that.")
        looked_at(page, "suspended")
        page.get_by_test_id("appeal-link").click()
        page.get_by_label("Why this was wrong").fill("It was a question about a zoo.")
        looked_at(page, "appeal")
        page.get_by_test_id("appeal-send").click()
        expect(page.get_by_test_id("appeal-state")).to_have_text("waits for a moderator")

        desk = open_case(olga, name)
        expect(desk.get_by_test_id("case-matched")).to_have_text(word)
        expect(desk.get_by_test_id("case-appeal")).to_contain_text("a zoo")
        looked_at(desk, "case")
        desk.get_by_test_id("case-answer").fill("Granted: zoos are fine.")
        desk.get_by_test_id("case-grant").click()
        expect(desk.get_by_test_id("case-state")).to_have_text("dismissed")

        page.reload()
        expect(page.get_by_test_id("appeal-answer")).to_have_text("Granted: zoos are fine.")
        looked_at(page, "answered")
        chat = alice.open_chat()
        chat.ask("Where is the gecko?")
        node.next_job()
        node.write("On the wall.")
        node.finish()
        expect(chat.last_answer).to_contain_text("On the wall.")
        chat.last_answer.get_by_test_id("report").click()
        page.get_by_text("badly wrong").check()
        looked_at(page, "report")
        page.get_by_test_id("report-send").click()
        expect(page.get_by_text("A moderator will look at it.")).to_be_visible()
        olga.go("/admin/moderation/auditentry/")
        looked_at(olga.page, "audit")
