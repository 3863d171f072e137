"""How long a person waits for pictures: from the click to `playing`, and from a seek to `seeked` with a frame on the screen.

Everything is the site's: a clip of a minute is sent to it as a program does, made by its worker, and played in its page from its own streams.
Beside it, in the same browser and turn about, a bare `<video src>` on the site's own download of the same size, from the same site.

    python -m bench.video_playback [rounds]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

from bench.relay import say
from tests.services.browser import ARGUMENTS, executable
from tests.services.site import LiveSite
from tests.video.clips import AAC, X264, pictures, sound
from tests.video.sending import key_of_alice, sent

SECONDS = 60
SIZE = "640x360"
ROUNDS = 7
START = """async () => {
    const video = document.querySelector('video');
    const begun = performance.now();
    const playing = new Promise((done) => video.addEventListener('playing', done, { once: true }));
    const big = document.querySelector('.player-big');
    if (big) big.click();
    else {
        // From nothing, as the player does.
        video.src = video.dataset.file;
        video.play();
    }
    await playing;
    return performance.now() - begun;
}"""
SEEK = """async (to) => {
    const video = document.querySelector('video');
    video.pause();
    const begun = performance.now();
    const shown = new Promise((done) => video.requestVideoFrameCallback(done));
    const sought = new Promise((done) => video.addEventListener('seeked', done, { once: true }));
    const player = document.querySelector('[data-player]')?.player;
    if (player) player.seek(to);
    else video.currentTime = to;
    await Promise.all([sought, shown]);
    return performance.now() - begun;
}"""


BARE = "<!doctype html><title>bare</title><video data-file='{address}' width=640></video>"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        clip = Path(folder) / "clip.mp4"
        inputs = (*pictures(SIZE, "30", SECONDS), *sound(seconds=SECONDS))
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *inputs, *X264, *AAC, clip], check=True)
        site = LiveSite().prepare()
        key = key_of_alice(site)
        site.start()
        browser = playwright.chromium.launch(
            executable_path=executable(), args=[*ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
        )
        try:
            slug = sent(site.url, key, clip, downloads=True)
            _compare(browser, f"{site.url}/v/{slug}/", _downloaded(f"{site.url}/v/{slug}/download/360p"), rounds)
        finally:
            browser.close()
            site.end()


def _downloaded(address: str) -> str:
    """Where the file is, once it is put together."""
    while True:
        asked = urllib.request.Request(address, headers={"Accept": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            if found := json.load(answer)["url"]:
                return urljoin(address, found)
        time.sleep(0.5)


def _compare(browser: Browser, watch: str, file: str, rounds: int) -> None:
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name in ("player", "plain"):
            page = _open(browser, name, watch, file)
            figures.setdefault(f"{name}_start", []).append(page.evaluate(START))
            for to in (SECONDS * 0.75, SECONDS * 0.25, SECONDS * 0.5):
                figures.setdefault(f"{name}_seek", []).append(page.evaluate(SEEK, to))
            page.context.close()
    middle = {name: statistics.median(times) for name, times in figures.items()}
    for name, figure in middle.items():
        say(name, figure, "ms")
    for what in ("start", "seek"):
        say(f"{what}_to_plain", middle[f"player_{what}"] / middle[f"plain_{what}"], "times")


def _open(browser: Browser, name: str, watch: str, file: str) -> Page:
    """A device without anything kept, before the player."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    if name == "player":
        page.goto(watch)
        page.locator(".player-big").wait_for()
    else:
        page.goto(urljoin(watch, "/robots.txt"))  # the site plays its files in pages of its own alone
        page.set_content(BARE.format(address=file))
    page.locator("video").wait_for(state="attached")
    return page


if __name__ == "__main__":
    main()
