"""An answer that was told to carry something out by what it shows: a server of this machine stands for the stranger's, and hears nothing.

Everything that a browser could load by itself names that server. The policy of the pages is on here; without it the same is tried with
far more texts in ``test_hostile_texts.py``.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.web_site import Canary, serving
from tests.injection.corpus import EVIL, IMAGES
from tests.journeys.conftest import Sit
from tests.journeys.scripted_node import ScriptedNode
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]


@pytest.fixture
def stranger() -> Iterator[Canary]:
    with serving(Canary()) as server:
        yield server


def settled(page: Page) -> None:
    """Whatever the page loads by itself has been asked for: a picture, painted by now, and a request of its own that began later."""
    page.evaluate(
        """async () => {
            for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
            await fetch(location.href, { cache: 'no-store' });
        }"""
    )


def test_nothing_is_loaded_that_an_answer_names(sit: Sit, site: LiveSite, stranger: Canary) -> None:
    here = f"http://127.0.0.1:{stranger.port}"
    text = "\n\n".join(IMAGES.values()).replace(EVIL, here).replace("evil.test", f"127.0.0.1:{stranger.port}")
    assert text.count(here) > 15
    alice = sit("alice")
    control = alice.context.new_page()
    control.set_content(f'<img src="{here}/control">')
    while not stranger.asked:
        control.wait_for_timeout(20)
    control.close()
    heard = stranger.came

    with ScriptedNode(site) as node:
        chat = alice.open_chat("/chat/")
        chat.ask("What can you draw?")
        node.next_job()
        half = len(text) // 2
        node.write(text[:half])
        expect(chat.last_answer).to_have_attribute("data-state", "streaming")
        settled(chat.page)
        node.write(text[half:])
        node.finish()
        expect(chat.last_answer).to_have_attribute("data-state", "done")
    page = chat.page
    settled(page)
    page.reload()
    expect(page.locator("#messages article")).to_have_count(2)
    settled(page)
    # A diagram that the page has drawn is a picture in its own address.
    assert page.locator("#messages img:not([src^='data:'])").count() == 0
    address = page.url.rstrip("/")

    page.get_by_test_id("share").click()
    page.get_by_test_id("make-link").click()
    link = page.get_by_test_id("link").input_value()
    reader = sit().go(link).page
    expect(reader.get_by_test_id("shared-message")).to_have_count(2)
    settled(reader)

    exported = alice.context.request.get(f"{address}/export/html/").text()
    bare = alice.context.new_page()
    bare.set_content(exported)
    assert stranger.came == heard
