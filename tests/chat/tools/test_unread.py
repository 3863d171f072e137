"""Links of an answer that read the web: those to addresses that nobody has read or named are marked, and are no sources."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.models import Message, ToolCall
from chat.tools import citing, unread
from chat.tools.policy import Seen
from meatlizard.markup.render import render_markdown
from tests.chat.makers import ask_as

ANSWER = (
    "See [it](https://pages.test/read), https://pages.test/other and [this](http://named.test/x) or [[1]](/p/abc) <b>."
)


def marks(rendered: str) -> list[str]:
    return [part.partition('href="')[2].partition('"')[0] for part in rendered.split('class="unread"')[1:]]


def test_only_what_is_unknown_is_marked(settings: Settings) -> None:
    settings.SITE_URL = "https://site.test"
    seen = Seen(("look at named.test/x",))
    seen.read("Address: https://pages.test/read")
    text = f"{ANSWER} [own](https://site.test/p/1) [not own](https://site.test.evil.test/)"
    rendered = render_markdown(text)
    marked = unread.marked(rendered, seen.knows)
    assert marks(marked) == ["https://pages.test/other", "https://site.test.evil.test/"]
    assert unread.marked(render_markdown("no link"), seen.knows) == render_markdown("no link")


def test_a_title_cannot_break_out() -> None:
    html = unread.marked(render_markdown('[x](https://a.test/"onload=1)'), lambda address: False)
    assert html.count('"') % 2 == 0
    assert " onload=" not in html


@pytest.mark.django_db
@pytest.mark.both_databases
def test_an_answer_is_marked_by_what_its_tools_brought(alice: Any, django_assert_num_queries: Any) -> None:
    row = ask_as(alice, "What does named.test/x say?")
    answer = Message.objects.get(pk=row.message_id)
    answer.html = rendered = render_markdown(ANSWER)
    with django_assert_num_queries(0):
        citing.into(answer)
    assert answer.html == rendered
    made = ToolCall.objects.create(
        message=answer,
        generation=row,
        step=0,
        number=1,
        call="a",
        name="x",
        state="done",
        created=timezone.now(),
        result="none",
    )
    answer.called = 1
    citing.into(answer)
    assert answer.html == rendered, "nothing foreign was read: nobody takes a link for a source"
    made.foreign, made.result = True, "Address: https://pages.test/read"
    made.save()
    citing.into(answer)
    assert marks(answer.html) == ["https://pages.test/other"]
