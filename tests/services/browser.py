"""The real browser: the Chromium that is installed, driven by playwright, with a fresh profile."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Browser, BrowserContext, sync_playwright

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


CLOSING_SECONDS = 90.0
"""A page is closed within one. Playwright itself would wait for a browser that never answers without end."""


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
            with ended_if_stuck():
                browser.close()


def leave(context: BrowserContext) -> None:
    """Closes a device. Raises playwright's error when the browser had to be ended for that: a test that fails, in place of a run that
    never ends."""
    with ended_if_stuck():
        context.close()


@contextmanager
def ended_if_stuck(seconds: float = CLOSING_SECONDS) -> Iterator[None]:
    watch = threading.Timer(seconds, _end_browsers)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _end_browsers() -> None:
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "chrom" in child.name():
                child.kill()
