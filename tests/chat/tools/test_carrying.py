"""Calls and sources go where their answers go: into a fork, an archive, a page behind a link, a copy of it; and citations are links."""

import json
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, branches, generations
from chat.messages import branch_out
from chat.models import AnswerSource, Conversation, Generation, Message, ToolCall
from chat.portability import export, writing
from chat.sharing import actions as sharing
from chat.tools import citing
from chat.tools.shown import source_out
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

PAGE = "https://example.org/lizards"


def an_answer(alice: User, state: str = "done") -> Message:
    asked = actions.send(alice, actions.create_conversation(alice).pk, uuid4(), "Why?")
    now = timezone.now()
    call = ToolCall.objects.create(
        message_id=asked.answer, generation_id=asked.generation, step=0, number=0, call="a", name="web_search", state=state,
        arguments='{"query": "secret of alice"}', result="A page. private", shown="3 pages", created=now, started=now, ended=now,
    )  # fmt: skip
    AnswerSource.objects.create(
        message_id=asked.answer, number=1, title="All <b>lizards</b>", address=PAGE, read=now, call=call
    )
    AnswerSource.objects.create(message_id=asked.answer, number=2, title="Mine", address="/chat/knowledge/x/", read=now)
    content = "They bask [1], I know [2]."
    html = citing.cited(render_markdown(content), asked.answer)
    Message.objects.filter(pk=asked.answer).update(content=content, html=html, called=1, cited=2)
    if state == "done":
        generations.end_by_site(asked.generation, "failed")
        Generation.objects.filter(pk=asked.generation).update(state="done", reason="stop")
        Message.objects.filter(pk=asked.answer).update(content=content, html=html)
    return Message.objects.get(pk=asked.answer)


def shown_of(talk: Conversation) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    answer = branch_out(talk)[-1]
    return [(one.name, one.state) for one in answer.calls], [(one.number, one.address) for one in answer.sources]


def test_a_fork_has_its_own(alice: User) -> None:
    answer = an_answer(alice)
    copy = branches.fork(alice, answer)
    actions.delete(answer.conversation)
    copy.refresh_from_db()
    assert shown_of(copy) == ([("web_search", "done")], [(1, PAGE), (2, "/chat/knowledge/x/")])


def test_an_archive_brings_them_back_and_nothing_runs_in_it(alice: User, bob: User) -> None:
    answer = an_answer(alice)
    told = json.loads(export.as_json(answer.conversation))
    told["conversation"]["messages"][-1]["calls"].append(told["conversation"]["messages"][-1]["calls"][0])
    program, talk = writing.read(told)
    prepared = writing.prepare(bob, program, talk)
    with transaction.atomic():
        assert writing.store(bob, prepared) == "imported"
    copy = Conversation.objects.get(owner=bob)
    assert shown_of(copy) == ([("web_search", "done")], [(1, PAGE), (2, "/chat/knowledge/x/")])
    assert f'href="{PAGE}"' in Message.objects.get(conversation=copy, role="assistant").html
    assert ToolCall.objects.get(message__conversation=copy).result == "A page. private"
    assert PAGE in export.as_markdown(copy).decode()
    page = export.as_html(copy).decode()
    assert "All &lt;b&gt;lizards" in page
    assert "secret of alice" not in page


def test_a_link_shows_which_tools_and_sources_and_nothing_that_they_were_given(
    alice: User, charlie: User, client: Client
) -> None:
    answer = an_answer(alice)
    row, token = sharing.share(answer.conversation)
    page = client.get(reverse("chat:shared", args=[token])).content.decode()
    assert "All &lt;b&gt;lizards" in page
    assert page.count(f'href="{PAGE}"') == 2
    assert ("Mine" in page, "/chat/knowledge/x/" in page) == (False, False), "what is called so is its owner's alone"
    assert '<span class="citation">[2]</span>' in page
    assert 'data-testid="shared-calls"' in page
    assert "secret of alice" not in page
    assert "private" not in page
    copy = sharing.copy(charlie, row)
    assert copy.owner_id == charlie.pk


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("as [1] says", 1),
        ("as [1, 2] say", 2),
        ("as [1][2] say", 2),
        ("as 【1†source】 says", 1),
        ("as [3] says", 0),
        ("as [1, 3] say", 0),
        ("`a[1]` is code", 0),
        ("```\na[1]\n```", 0),
        ("[see [1]](https://example.org/)", 0),
        ('```a>[1]"x\ncode\n```', 0),
        ("<b>[1]</b>", 1),
        ("[1](https://example.org/other)", 0),
    ],
)
def test_numbers_of_sources_are_links_where_they_stand_in_text(text: str, links: int) -> None:
    rows = {
        number: AnswerSource(number=number, title='A "page" <i>', address=f"{PAGE}/{number}", read=timezone.now())
        for number in (1, 2)
    }
    html = citing.linked(render_markdown(text), rows)
    assert html.count('class="citation"') == links
    assert "<i>" not in html
    assert html.replace("citation", "").count('title="A &quot;page&quot; &lt;i&gt;"') == links


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example/", "/\\evil.example", "data:text/html,x", "https://[", ""]
)
def test_an_address_that_is_none_of_the_web_or_the_site_is_no_link(address: str) -> None:
    row = AnswerSource(number=1, title="A", address=address, read=timezone.now())
    assert source_out(row).host == ""
    assert citing.linked("<p>[1]</p>", {1: row}) == '<p><span class="citation">[1]</span></p>'
