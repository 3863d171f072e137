"""Files that Alice takes out: what they say, what they cannot do, and that nobody else gets them."""

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from chat import actions
from chat.models import Checkpoint, Conversation, Message
from chat.portability import actions as importing
from chat.portability import export
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown
from meatlizard.threads import close_thread_connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

HOSTILE = (
    '</style><script>alert(1)</script>\n\n![x](https://foreign.example/a.png)\n\n```python\nprint("</script>")\n```'
)


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """No limits of other tests, and no connection left to the database that is dropped afterwards."""
    cache.clear()
    yield
    close_thread_connections()


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Alice's, with a hostile title and answer, thinking, and a version that is not shown."""
    row = actions.create_conversation(alice, system_prompt="Hidden in files to read")
    row.title = "</title><script>alert(2)</script>"
    question = add(row, None, "user", "Why?\n# not a title")
    add(row, question, "assistant", "Not shown")
    row.head = add(row, question, "assistant", HOSTILE, thinking="Thought")
    row.save()
    return row


def add(talk: Conversation, parent: Message | None, role: str, content: str, thinking: str = "") -> Message:
    html = render_markdown(content) if role == "assistant" else "<div class='plain'>Why?</div>"
    return Message.objects.create(
        conversation=talk, parent=parent, role=role, source="person" if role == "user" else "model", content=content,
        html=html, thinking=thinking, model="tiny" if role == "assistant" else "", created=timezone.now(),
    )  # fmt: skip


def taken(user: User, talk: Conversation, kind: str) -> tuple[str, str]:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("chat:export", args=[talk.pk, kind]))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; filename")
    return response.content.decode(), response["Content-Disposition"]


def test_json_holds_everything(alice: User, talk: Conversation) -> None:
    found = json.loads(taken(alice, talk, "json")[0])
    assert (found["format"], found["version"]) == ("meatlizard.conversation", 1)
    conversation = found["conversation"]
    assert conversation["system_prompt"] == "Hidden in files to read"
    assert [message["content"] for message in conversation["messages"]] == ["Why?\n# not a title", "Not shown", HOSTILE]
    assert conversation["messages"][2]["thinking"] == "Thought"
    assert conversation["head"] == conversation["messages"][2]["id"]


def test_pins_and_summaries_go_out_and_come_in_again(alice: User, charlie: User, talk: Conversation) -> None:
    question, hidden, shown = Message.objects.filter(conversation=talk).order_by("created")
    Message.objects.filter(pk=question.pk).update(pinned=True)
    made = {"by_hand": True, "model": "tiny", "created": timezone.now()}
    Checkpoint.objects.create(conversation=talk, message=shown, text="They talked of reasons.", **made)
    Checkpoint.objects.create(conversation=talk, message=hidden, text="", **made)
    found = json.loads(export.as_json(talk))["conversation"]["messages"]
    assert [one.get("pinned") for one in found] == [True, None, None]
    assert [one.get("summary", {}).get("text") for one in found] == [None, None, "They talked of reasons."]
    content = export.as_json(talk)
    importing.begin(charlie, "his.json", io.BytesIO(content), len(content))
    copy = Conversation.objects.get(owner=charlie)
    assert [row.content for row in copy.messages.filter(pinned=True)] == [question.content]
    (summary,) = copy.checkpoints.all()
    assert (summary.text, summary.by_hand, summary.model) == ("They talked of reasons.", True, "tiny")
    assert summary.message.content == HOSTILE


def test_more_pins_than_there_may_be_are_refused(alice: User, charlie: User, talk: Conversation) -> None:
    document = json.loads(export.as_json(talk))
    first = document["conversation"]["messages"][0]
    document["conversation"]["messages"] += [{**first, "id": str(number), "pinned": True} for number in range(51)]
    content = json.dumps(document).encode()
    run = importing.begin(charlie, "his.json", io.BytesIO(content), len(content))
    assert (run.imported, run.refused_count) == (0, 1)
    assert "more than 50 pinned" in str(run.refused[0])


def test_markdown_holds_the_branch_that_is_shown(alice: User, talk: Conversation) -> None:
    text, name = taken(alice, talk, "markdown")
    assert "## You, " in text and "## tiny, " in text and HOSTILE in text
    assert "Not shown" not in text and "Thought" not in text and "Hidden in files" not in text
    assert ".md" in name


def test_the_page_asks_nobody_and_runs_nothing(alice: User, talk: Conversation) -> None:
    text, name = taken(alice, talk, "html")
    assert "<script" not in text.lower() and text.count("</style>") == 1
    assert not re.search(
        r"\b(src|srcset|poster|background)\s*=|@import|url\(|<link|<iframe|<img", text.split("</head>")[0]
    )
    assert not re.search(r"<(img|iframe|link|object|embed|video|audio|svg|form)\b", text, re.IGNORECASE)
    assert "default-src 'none'" in text and "@media print" in text and 'class="nb"' in text
    assert "Not shown" not in text and "Thought" not in text and "Hidden in files" not in text
    assert "<" not in name and "/" not in name


def test_an_unknown_form_is_refused(alice: User, talk: Conversation) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get(reverse("chat:export", args=[talk.pk, "exe"])).status_code == 404
    assert client.get(reverse("chat:export_all", args=["exe"])).status_code == 404


@pytest.mark.parametrize("kind", ["json", "markdown", "html"])
async def test_each_gets_the_own_conversations_alone(alice: User, charlie: User, talk: Conversation, kind: str) -> None:
    found: dict[str, list[str]] = {}
    for user in (alice, charlie):
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.get(reverse("chat:export_all", args=[kind]))
        assert isinstance(response, StreamingHttpResponse) and response.is_async
        pieces = [piece async for piece in response]
        found[user.username] = zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()
    assert len(found["alice"]) == 1 and found["charlie"] == []
    assert (await AsyncClient().get(reverse("chat:export_all", args=[kind]))).status_code == 302


@pytest.mark.slow
def test_an_archive_of_very_many_is_never_whole_in_memory(alice: User) -> None:
    text = "word " * 4_000
    for _ in range(20):
        talks = [Conversation(owner=alice, title=f"{uuid4()}", updated=timezone.now()) for _ in range(50)]
        Conversation.objects.bulk_create(talks)
        rows = [
            Message(
                conversation=talk, role="user", source="person", content=f"{uuid4()} {text}", created=timezone.now()
            )
            for talk in talks
        ]
        Message.objects.bulk_create(rows)
        for talk, row in zip(talks, rows, strict=True):
            talk.head = row
        Conversation.objects.bulk_update(talks, ["head"])
    tracemalloc.start()
    size = sum(len(piece) for piece in export.archive(alice, "json"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 300_000
    assert most < 5_000_000, "a thousand conversations of 20 kB were held at once"
