"""What answers hold besides words, as Alice sees it."""

import pytest
from playwright.sync_api import expect

from tests.journeys.pages import Visitor
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

FORMULAS = r"""The roots are $x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}$, for $5.

\[ \int_0^\infty e^{-x^2} dx = \begin{pmatrix} a & b & c & d & e & f & g & h & i & j & k & l & m & n \end{pmatrix} \]

Broken: $\frac{1}{$ and hostile: $\href{javascript:alert(1)}{x}$ $\includegraphics{https://foreign.example/a.png}$
"""

ANSWERED = """
import sys
from chat import actions
from chat.models import Message
from django.utils import timezone
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown
talk = actions.create_conversation(User.objects.get(username="alice"))
answer = Message.objects.create(conversation=talk, role="assistant", source="model", created=timezone.now(),
                                content={text!r}, html=render_markdown({text!r}))
talk.head = answer
talk.save()
print(talk.pk)
"""


def test_formulas_are_drawn_and_can_do_nothing_else(alice: Visitor, site: LiveSite) -> None:
    conversation = site.manage("shell", "-v", "0", "-c", ANSWERED.format(text=FORMULAS)).split()[-1]
    requests: list[str] = []
    page = alice.page
    page.on("request", lambda request: requests.append(request.url))
    chat = alice.open_chat(f"/chat/{conversation}/")
    expect(chat.last_answer.locator("span.math .katex")).to_have_count(3)
    expect(chat.last_answer.locator("div.math .katex-display")).to_have_count(1)
    body = chat.last_answer.get_by_test_id("message-body")
    expect(body).to_contain_text("for $5.")
    expect(body).to_contain_text("\\frac{1}{")
    assert body.locator("a, img").count() == 0
    assert [url for url in requests if not url.startswith((site.url, "data:"))] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert chat.stored() == FORMULAS


def test_a_page_without_formulas_loads_nothing_to_draw_them(alice: Visitor, site: LiveSite) -> None:
    conversation = site.manage("shell", "-v", "0", "-c", ANSWERED.format(text="Only words, for $5.")).split()[-1]
    loaded: list[str] = []
    alice.page.on("request", lambda request: loaded.append(request.url))
    chat = alice.open_chat(f"/chat/{conversation}/")
    expect(chat.last_answer).to_contain_text("Only words")
    assert [url for url in loaded if "/math" in url] == []
    assert any("/chat." in url for url in loaded)


def test_alice_searches_and_goes_to_what_was_said(alice: Visitor, site: LiveSite) -> None:
    gecko = "The gecko sleeps. " + "Much more is said here, line after line.\n\n" * 60
    conversation = site.manage("shell", "-v", "0", "-c", ANSWERED.format(text=gecko)).split()[-1]
    page = alice.open_chat().page
    found = page.get_by_test_id("found")
    page.keyboard.press("Control+k")
    page.keyboard.type("gecko sle")
    expect(found).to_have_count(1)
    expect(found.locator("mark").first).to_have_text("gecko")
    expect(page.get_by_test_id("search-note")).to_contain_text("1 conversation found.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/chat/{conversation}/#m-*")
    expect(page.get_by_text("The gecko sleeps.")).to_be_in_viewport()
    page.get_by_test_id("search").fill("before:never gecko")
    expect(page.get_by_test_id("search-note")).to_contain_text("not a date")
    page.get_by_test_id("search").fill("nothing of the kind")
    expect(page.get_by_test_id("search-note")).to_contain_text("Nothing found.")
    expect(page.get_by_test_id("conversation-row").first).to_be_hidden()
    page.get_by_test_id("search").press("Escape")
    expect(page.get_by_test_id("conversation-row").first).to_be_visible()
