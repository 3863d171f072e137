"""The suite's browser runs. In a file of its own: while a browser lives, asyncio tests of the same module could not run."""

import pytest
from playwright.sync_api import Browser, Error

from tests.services.browser import ended_if_stuck


@pytest.mark.browser
def test_the_browser_runs_and_stays_here(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>lizard</h1>")
    assert page.inner_text("h1") == "lizard"
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/", timeout=10_000)
    page.close()


@pytest.mark.browser
def test_a_browser_that_never_answers_is_ended(browser: Browser) -> None:
    """The last one here: the browser of this file is gone afterwards."""
    page = browser.new_page()
    with pytest.raises(Error), ended_if_stuck(1):
        page.evaluate("() => new Promise(() => {})")
