"""The real browser: the Chromium that is installed, driven by playwright, with a fresh profile."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.services.programs import find

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    # Whatever a page asks for, no name outside this machine resolves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
)


def executable() -> str | None:
    return find("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Runs a browser until the block ends; each ``new_context()`` is a separate device.

    The synchronous interface keeps an event loop running in this thread meanwhile: no ORM and no asyncio test inside the block.
    Playwright's driver ends the browser when this process dies.
    """
    path = executable()
    assert path, "ask executable() first"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
