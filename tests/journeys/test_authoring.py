"""A character out of one sentence, changed with suggestions, tried, saved, and shown to others once somebody has looked at it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture(scope="module")
def node(site: LiveSite) -> Iterator[ScriptedNode]:
    with ScriptedNode(site) as node:
        yield node


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_sentence_becomes_a_character_that_others_read(
    sit: Sit, node: ScriptedNode, size: tuple[int, int], tmp_path: Path
) -> None:
    name = f"Vera{size[0]}"
    page = sit("alice", size=size).go("/chat/personas/new/").page
    page.get_by_label("Personality", exact=True).fill("Mine.")
    page.get_by_test_id("wish").fill("a lighthouse keeper who collects storms")
    page.get_by_test_id("draft").click()
    expect(page.get_by_test_id("assist-status")).not_to_be_empty()
    assert "collects storms" in node.next_job().messages[1].content
    node.write(
        json.dumps(
            {
                "name": name, "description": "<img src=x onerror=alert(1)>", "personality": "Weathered.", "scenario": "A tower.",
                "first_message": "Mind the stairs, {{user}}.", "examples": "<START>", "tags": ["sea", "storm"],
            }
        )
    )  # fmt: skip
    node.finish()
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    expect(page.get_by_label("Tags")).to_have_value("sea, storm")
    page.get_by_test_id("draft-undo").click()
    expect(page.get_by_label("Personality", exact=True)).to_have_value("Mine.")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("First message", exact=True).fill("Mind the stairs, {{user}}.")

    page.get_by_test_id("suggest-scenario").click()
    node.next_job()
    node.write('{"suggestions": ["At the door.", "On the stairs.", "Beside the lamp."]}')
    node.finish()
    page.get_by_test_id("use-suggestion").nth(1).click()
    scenario = page.get_by_label("Scenario", exact=True)
    expect(scenario).to_have_value("On the stairs.")
    scenario.press("ControlOrMeta+z")
    expect(scenario).to_have_value("")
    scenario.fill("On the stairs.")
    page.screenshot(path=tmp_path / "assistant.png")

    page.get_by_test_id("trial-open").click()
    turns = page.get_by_test_id("trial-turns").locator("li")
    expect(turns).to_contain_text([f"{name}Mind the stairs, User."])
    page.get_by_test_id("trial-text").fill("Is it safe?")
    page.get_by_test_id("trial-text").press("Enter")
    job = node.next_job()
    assert "On the stairs." in job.messages[0].content, "the character in the editor, which is not saved"
    node.write("Nothing here is **safe**.")
    node.finish()
    expect(turns.last).to_contain_text("Nothing here is **safe**.")
    page.screenshot(path=tmp_path / "trial.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.keyboard.press("Escape")

    page.get_by_label("Who may see it").select_option("shared")
    page.get_by_test_id("persona-save").click()
    expect(page.get_by_test_id("persona-state")).to_have_text("draft")
    page.get_by_test_id("review-publish").click()
    expect(page.get_by_test_id("persona-state")).to_have_text("published")
    page.screenshot(path=tmp_path / "review.png", full_page=True)
    other = sit("bob").go(page.url).page
    expect(other.get_by_test_id("persona-name")).to_have_text(name)
    expect(other.get_by_test_id("review")).to_have_count(0)
