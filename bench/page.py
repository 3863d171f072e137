"""What the chat page asks of a browser: ``python -m bench.page``, with Chromium installed and ``make assets`` run.

A conversation of 1,500 messages: its weight, from going there to the first paint and until its end is laid out, the script's share, and the
longest frame while one scrolls up through it. Then 20,000 lines pasted into the composer: how long the page is busy with them, and with
each key after them. Beside it the same paste into a bare text field, which is the browser's own share. Prints ``name value unit``
lines; medians.
"""

import contextlib
import gzip
import os
import sys
from statistics import median
from typing import Any

import httpx
import psutil

from bench.open_conversation import fill
from bench.relay import prepare, say
from tests.services.browser import chromium, executable
from tests.services.site import LiveSite

ROUNDS = 5
LINES = 20_000
BARE = "<title>bare</title><textarea id='text' rows='1' style='width: 40rem; height: 40vh; font: 1rem system-ui'></textarea>"

PAINTS = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntriesByName('first-contentful-paint')[0].startTime))
    .observe({type: 'paint', buffered: true}))"""
SCROLL = """async () => {
    const box = document.getElementById('scroll');
    const frame = () => new Promise(requestAnimationFrame);
    const frames = [];
    let last = await frame();
    for (let step = 0; step < 120; step++) {
        box.scrollTop -= 400;
        const now = await frame();
        frames.push(now - last);
        last = now;
    }
    return frames.sort((a, b) => a - b);
}"""
COPIED = """async (lines) => {
    const text = Array.from({length: lines}, (_, at) => `line ${at}`).join('\\n');
    await navigator.clipboard.writeText(text);
    const field = document.getElementById('text');
    field.addEventListener('keydown', (event) => {
        const began = performance.now();
        requestAnimationFrame(() => setTimeout(() => (window.spent = performance.now() - began)));
    }, {capture: true});
    field.focus();
}"""

SPENT = "new Promise((done) => { const look = () => window.spent === null ? setTimeout(look, 5) : done(window.spent); look(); })"


def renderers() -> float:
    """Milliseconds of CPU that the browser's page processes have used: what a busy machine does not change."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "--type=renderer" in process.cmdline():
                times = process.cpu_times()
                total += times.user + times.system
    return total * 1e3


def spent(page: Any, key: str) -> float:
    """Milliseconds from a key to the frame after it."""
    page.evaluate("window.spent = null")
    page.keyboard.press(key)
    return float(page.evaluate(SPENT))


def paste(name: str, page: Any) -> None:
    page.evaluate(COPIED, LINES)
    before = renderers()
    say(f"{name}.paste", spent(page, "Control+v"), "ms")
    say(f"{name}.paste_cpu", renderers() - before, "ms")
    say(f"{name}.key_after", median(spent(page, "x") for _ in range(10)), "ms")


def opened(page: Any, address: str) -> dict[str, float]:
    """Of one visit, in milliseconds."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(address, wait_until="domcontentloaded")
    # Asking where something is lays the page out.
    page.locator("[data-message]").last.bounding_box()
    laid_out = float(page.evaluate("performance.now()"))
    figures = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
    return {
        "first_paint": float(page.evaluate(PAINTS)),
        "laid_out": laid_out,
        "script": figures["ScriptDuration"] * 1e3,
        "layout": (figures["LayoutDuration"] + figures["RecalcStyleDuration"]) * 1e3,
    }


def measure(site: LiveSite, cookie: tuple[str, str], path: str) -> None:
    with httpx.Client(base_url=site.url, cookies=[cookie]) as client:
        html = client.get(path).content
    say("page.html", len(html) / 1e3, "kB")
    say("page.html_compressed", len(gzip.compress(html, 6)) / 1e3, "kB")
    with chromium() as browser:
        context = browser.new_context(service_workers="block")
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": site.url}])
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
        page = context.new_page()
        before = renderers()
        visits = [opened(page, site.url + path) for _ in range(ROUNDS)]
        say("page.cpu", (renderers() - before) / ROUNDS, "ms")
        for name in visits[0]:
            say(f"page.{name}", median(visit[name] for visit in visits), "ms")
        frames = page.evaluate(SCROLL)
        say("page.scroll_frame_p50", frames[len(frames) // 2], "ms")
        say("page.scroll_frame_p95", frames[int(len(frames) * 0.95)], "ms")
        page.goto(f"{site.url}/chat/")
        paste("page", page)
        page.route("**/bare", lambda route: route.fulfill(content_type="text/html", body=BARE))
        page.goto(f"{site.url}/bare")
        paste("bare", page)


def main() -> None:
    if executable() is None:
        sys.exit("Chromium is not installed.")
    site = LiveSite().prepare()
    os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
    import django

    django.setup()
    from django.db import connections

    (cookie, conversation), *_ = prepare(1)[0]
    fill(conversation)
    connections.close_all()
    site.start()
    try:
        name, value = cookie.split("=", 1)
        measure(site, (name, value), f"/chat/{conversation}/")
    finally:
        site.end()


if __name__ == "__main__":
    main()
