"""How long a person waits for pictures: from the click to `playing`, and from a seek to `seeked` with a frame on the screen.

Beside it, in the same browser and turn about, a bare `<video src>` on one MP4 with the same pictures. The
site sends the page; the streams of both are handed to the browser by the program that drives it, which costs both the same for each request.

    python -m bench.video_playback [rounds]
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import add_olga
from tests.journeys.test_video_player import SEED
from tests.journeys.video_stream import SECONDS, Stream, make
from tests.services.site import LiveSite

ROUNDS = 7
START = """async () => {
    const video = document.querySelector('video');
    const begun = performance.now();
    const playing = new Promise((done) => video.addEventListener('playing', done, { once: true }));
    const big = document.querySelector('.player-big');
    if (big) big.click();
    else {
        // From nothing, as the player does: what the browser has loaded with the page is let go.
        video.src = `${location.pathname}?anew`;
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


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stream = make(Path(folder))
        _join(stream)
        site = LiveSite().prepare()
        add_olga(site)
        site.manage("shell", "--no-imports", "-c", SEED.format(seconds=SECONDS))
        site.start()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        try:
            _compare(browser, site, stream, rounds)
        finally:
            browser.close()
            site.end()


def _join(stream: Path) -> None:
    argv = ["ffmpeg", "-v", "error", "-y", "-i", "180p.m3u8", "-i", "audio.m3u8", "-c", "copy", "-movflags", "faststart", "plain.mp4"]  # fmt: skip
    subprocess.run(argv, cwd=stream, check=True, timeout=60)


def _compare(browser: Browser, site: LiveSite, stream: Path, rounds: int) -> None:
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, path in (("player", "/v/lizard/embed/"), ("plain", "/v/lizard/hls/-/plain.mp4")):
            page = _open(browser, site, stream)
            page.goto(site.url + path)
            page.locator("video").wait_for(state="attached")
            if name == "plain":
                page.evaluate(
                    "() => { const video = document.querySelector('video'); video.pause(); video.currentTime = 0; }"
                )
            figures.setdefault(f"{name} start", []).append(page.evaluate(START))
            for to in (SECONDS * 0.75, SECONDS * 0.25, SECONDS * 0.5):
                figures.setdefault(f"{name} seek", []).append(page.evaluate(SEEK, to))
            page.context.close()
    middle = {name: statistics.median(times) for name, times in figures.items()}
    for name, figure in middle.items():
        print(f"{name.replace(' ', '_')} {figure:.0f} ms")
    for what in ("start", "seek"):
        print(f"{what}_ratio_to_plain {middle[f'player {what}'] / middle[f'plain {what}']:.2f} x")


def _open(browser: Browser, site: LiveSite, stream: Path) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site.url)
    Stream(context, stream, "lizard")
    return context.new_page()


if __name__ == "__main__":
    main()
