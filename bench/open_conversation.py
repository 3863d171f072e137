"""How long a conversation of 1,500 messages takes to open: ``python -m bench.open_conversation``.

The request for its page to a live site, and a bare page of the same site (the sign-in page) beside it. With Chromium
installed also until the browser has laid the messages out. Prints ``name value unit`` lines; medians.
"""

import os
import shutil
import time
from statistics import median

import httpx

from bench.relay import prepare, say
from tests.services.site import LiveSite

MESSAGES = 1_500
ROUNDS = 10
ANSWER = "A paragraph of an answer, about as long as they are. " * 6 + "\n\n```python\nprint('code')\n```\n"


def fill(conversation_id: object) -> None:
    """Gives the conversation its messages, rendered as they would be."""
    from django.utils import timezone

    from chat.messages import plain_html
    from chat.models import Conversation, Message
    from meatlizard.markup import render_markdown

    conversation = Conversation.objects.get(pk=conversation_id)
    html, rows, parent = render_markdown(ANSWER), [], None
    for number in range(MESSAGES):
        asks = number % 2 == 0
        parent = Message(
            conversation=conversation, parent=parent, role="user" if asks else "assistant",
            source="person" if asks else "model", content=f"Question {number}" if asks else ANSWER,
            html=plain_html(f"Question {number}") if asks else html, created=timezone.now(),
        )  # fmt: skip
        rows.append(parent)
    Message.objects.bulk_create(rows)
    conversation.head = parent
    conversation.save()


def timed(client: httpx.Client, address: str) -> float:
    """Median seconds of a request, and the answer must be a page."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert client.get(address).status_code == 200
        times.append(time.perf_counter() - began)
    return median(times)


def in_browser(site: LiveSite, cookie: tuple[str, str], address: str) -> float | None:
    """Median seconds from going there until the last message is laid out; None without Chromium."""
    program = shutil.which("chromium")
    if program is None:
        return None
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        context = browser.new_context()
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": site.url}])
        page = context.new_page()
        for _ in range(5):
            began = time.perf_counter()
            page.goto(f"{site.url}{address}", wait_until="domcontentloaded")
            page.locator("[data-message]").last.bounding_box()
            times.append(time.perf_counter() - began)
        browser.close()
    return median(times)


def main() -> None:
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
        address = f"/chat/{conversation}/"
        with httpx.Client(base_url=site.url, cookies={name: value}) as client:
            opened = timed(client, address)
        with httpx.Client(base_url=site.url) as client:
            bare = timed(client, "/accounts/login/")
        say("open_conversation.request", opened * 1e3, "ms")
        say("open_conversation.bare_page", bare * 1e3, "ms")
        say("open_conversation.ratio", opened / bare, "ratio")
        painted = in_browser(site, (name, value), address)
        if painted is not None:
            say("open_conversation.browser", painted * 1e3, "ms")
    finally:
        site.end()


if __name__ == "__main__":
    main()
