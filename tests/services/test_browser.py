"""The suite's browser runs. In a file of its own: while a browser lives, asyncio tests of the same module could not run."""

import pytest
from playwright.sync_api import Browser


@pytest.mark.browser
def test_the_browser_runs_and_stays_here(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>lizard</h1>")
    assert page.inner_text("h1") == "lizard"
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/", timeout=10_000)
    page.close()
