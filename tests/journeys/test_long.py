"""A conversation of 1,500 messages: it opens at its end, or at the message that an address names, and stays where one reads."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

LONG = """
from uuid import uuid4
from chat import actions
from chat.models import Message
from chat.messages import plain_html
from django.utils import timezone
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown
talk, parent, rows = actions.create_conversation(User.objects.get(username="alice")), None, []
html = render_markdown("Words of an answer, some of them **bold**. " * 8 + "\\n\\n```python\\nprint()\\n```")
for number in range(1500):
    asks = number % 2 == 0
    parent = Message(pk=uuid4(), conversation=talk, parent=parent, role="user" if asks else "assistant", created=timezone.now(),
                     source="person" if asks else "model", content=f"Question {number}." if asks else "Words",
                     html=plain_html(f"Question {number}.") if asks else html)
    rows.append(parent)
Message.objects.bulk_create(rows, batch_size=100)
talk.head = parent
talk.save()
print(talk.pk, rows[700].pk)
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_opens_at_its_end_and_at_a_named_message(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    alice = sit("alice", size=size)
    talk, middle = site.manage("shell", "-v", "0", "-c", LONG).split()[-2:]
    chat = alice.open_chat(f"/chat/{talk}/")
    page = alice.page
    expect(page.locator("[data-message]:not(dialog *)")).to_have_count(1500)
    expect(chat.last_answer).to_be_in_viewport()
    # Only what comes near sight is dressed; all of it at once would delay the first sight.
    assert page.locator("#messages [data-part=tools]").count() < 100
    page.goto(f"{site.url}/chat/{talk}/#m-{middle}")
    question = page.get_by_text("Question 700.", exact=True)
    expect(question).to_be_in_viewport()
    chat.expect_connected()
    expect(question).to_be_in_viewport()
    page.get_by_role("button", name="To the end").click()
    expect(chat.last_answer).to_be_in_viewport()
