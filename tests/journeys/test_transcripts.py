"""A conversation is archived, its transcript read, given away for a day and taken back."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.test_sharing import FIXTURES, looked_at
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

ARCHIVE = """
from chat import keeping
from chat.models import Conversation
talk = Conversation.objects.get(owner__username={name!r}, title="Lizard on a picture")
keeping.mark(talk.owner, [talk.pk], "archive")
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_alice_archives_reads_and_gives_a_link(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    name = f"ann{size[0]}"
    alice = sit(name, size=size)
    page = alice.go("/chat/import/").page
    page.get_by_label("Archive").set_input_files(FIXTURES / "chatgpt.json")
    page.get_by_test_id("import").click()
    expect(page.get_by_test_id("import-result")).to_contain_text("2 imported")
    alice.go("/chat/transcripts/")
    expect(page.get_by_test_id("no-transcripts")).to_contain_text("Tick the box above")
    looked_at(page, "transcripts-none")
    page.get_by_test_id("choose-web").check()
    page.get_by_test_id("choose").click()
    expect(page.get_by_test_id("choose-web")).to_be_checked()
    site.manage("shell", "-c", ARCHIVE.format(name=name))
    alice.go("/chat/transcripts/")
    page.get_by_role("link", name="Lizard on a picture").click()
    # The page looks again by itself until the transcript is there.
    expect(page.get_by_test_id("part-html")).to_be_visible(timeout=60_000)
    page.get_by_test_id("make-link").click()
    link = page.get_by_test_id("link").input_value()
    looked_at(page, "transcript")

    reader = sit(size=size).go(link).page
    looked_at(reader, "transcript-link")
    reader.get_by_role("link", name="Open html").click()
    expect(reader.locator("article")).to_have_count(4)
    assert reader.evaluate("window.origin") == "null", "it has no origin, and so nothing of the site's"
    looked_at(reader, "transcript-page")

    page.get_by_test_id("revoke").click()
    expect(page.get_by_text("It opens nothing any more")).to_be_visible()
    assert reader.goto(link).status == 404  # type: ignore[union-attr]
    page.get_by_text("Delete this transcript").click()
    looked_at(page, "transcript-delete")
    page.get_by_test_id("delete").click()
    expect(page.get_by_test_id("no-transcripts")).to_contain_text("none yet")
