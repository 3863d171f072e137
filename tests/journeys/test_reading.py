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
    foreign: list[str] = []
    page = alice.page
    page.on("request", lambda request: request.url.startswith(site.url) or foreign.append(request.url))
    chat = alice.open_chat(f"/chat/{conversation}/")
    expect(chat.last_answer.locator("span.math .katex")).to_have_count(3)
    expect(chat.last_answer.locator("div.math .katex-display")).to_have_count(1)
    body = chat.last_answer.get_by_test_id("message-body")
    expect(body).to_contain_text("for $5.")
    expect(body).to_contain_text("\\frac{1}{")
    assert body.locator("a, img").count() == 0
    assert [url for url in foreign if not url.startswith("data:")] == []
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
