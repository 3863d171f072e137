"""Archives of other programs, and files that are none: what Alice gets, and what is refused with words and without loss."""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import tree
from chat.models import Conversation, ImportRun, Message
from chat.portability import actions, archive, carrying, form, writing
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

FIXTURES = Path(__file__).parent / "fixtures"


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return out.getvalue()


def bring(owner: User, content: bytes, name: str = "archive.zip") -> ImportRun:
    return actions.begin(owner, name, io.BytesIO(content), len(content))


def shown(owner: User, title: str) -> list[Message]:
    talk = Conversation.objects.get(owner=owner, title=title)
    rows = tree.read(talk.pk)
    by_key = {row.pk: row for row in talk.messages.all()}
    return [by_key[pk] for pk in tree.path(rows, talk.head_id)]


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.imported, run.extended, run.present, run.refused_count


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "bare"])
def test_alice_brings_her_chatgpt_archive(alice: User, as_zip: bool) -> None:
    content = (FIXTURES / "chatgpt.json").read_bytes()
    content = packed(conversations_json=content, user_json=b"{}", **{"chat.html": b"<p>"}) if as_zip else content
    run = bring(alice, content)
    assert (run.state, counts(run)) == ("done", (2, 0, 0, 3))
    assert {one["title"] for one in run.refused} == {"A circle", "Nothing said", "Without id"}
    question, answer, second, last = shown(alice, "Lizard on a picture")
    assert question.content == "[image, not part of the archive]\n\nWhat lizard is this? \U0001f98e"
    assert answer.content.startswith("It is a leopard gecko.\n\n```python") and answer.model == "o3"
    assert answer.thinking == "Spots, fat tail: gecko."
    assert second.content == "And what does it eat?" and second.created >= answer.created
    assert [row.content for row in Message.objects.filter(parent=question).order_by("created")] == [
        "A **leopard gecko**.",
        answer.content,
    ]
    assert "<strong>" in Message.objects.get(content="A **leopard gecko**.").html
    assert "<script" not in last.html and "&lt;script" in last.html
    assert not Message.objects.filter(content__contains="geckos.").exists(), "settings are no messages"


def test_odd_times_and_half_characters_do_no_harm(alice: User) -> None:
    bring(alice, (FIXTURES / "chatgpt.json").read_bytes())
    question, answer = shown(alice, "Which day is it?")
    assert question.content == "Which day is it?"
    assert answer.created.year == 2024, "milliseconds were taken for what they are"
    assert all(row.created <= timezone.now() for row in Message.objects.all())
    below = Message.objects.get(content="Below what was deleted")
    assert below.parent is None and below.conversation == question.conversation


def test_alice_brings_her_claude_archive(alice: User) -> None:
    content = packed(conversations_json=(FIXTURES / "claude.json").read_bytes(), users_json=b"[]", projects_json=b"[]")
    run = bring(alice, content)
    assert counts(run) == (2, 0, 0, 1)
    question, answer, last = shown(alice, "Terrarium")
    assert question.content.startswith("How warm?\n\nnotes.md:\n\n````\n# Notes")
    assert question.content.endswith("[photo.png, not part of the archive]")
    assert (answer.content, answer.thinking) == ("About **30 °C**.", "Leopard geckos bask.")
    assert last.content == "You sent nothing."
    assert [row.content for row in shown(alice, "Name my gecko")] == ["Name my gecko", "Rex"]
    assert Message.objects.filter(content="Spot", parent__content="Name my gecko").exists()


@pytest.mark.parametrize("name", ["chatgpt", "claude"])
def test_twice_makes_nothing_twice(alice: User, bob: User, name: str) -> None:
    content = (FIXTURES / f"{name}.json").read_bytes()
    bring(alice, content)
    before = set(Message.objects.values_list("pk", flat=True))
    assert counts(bring(alice, content))[:3] == (0, 0, 2)
    assert set(Message.objects.values_list("pk", flat=True)) == before
    assert counts(bring(bob, content))[:3] == (2, 0, 0), "Bob has the same archive, and gets his own"


def test_what_alice_deleted_for_good_comes_back(alice: User) -> None:
    content = (FIXTURES / "claude.json").read_bytes()
    bring(alice, content)
    Conversation.objects.filter(title="Terrarium").delete()
    assert counts(bring(alice, content))[:3] == (1, 0, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 no archive", "cannot be read"),
        (b"[{", "cut off"),
        (b'{"a": 1', "cut off"),
        (b'[{"mapping": {}} {"x": 1}]', "cut off"),
        (b"\xff\xfe[\x00", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b"PK\x03\x04" + b"\x00" * 60, "damaged"),
        (packed(photo_png=b"x"), "no conversations.json"),
        (packed(conversations_json=b"[1, 2]" * 3)[:-30], "damaged"),
    ],
    ids=["pdf", "open list", "open object", "no comma", "utf-16", "deep", "garbage zip", "other zip", "cut zip"],
)
def test_what_is_no_archive_is_refused_in_words(alice: User, content: bytes, words: str) -> None:
    run = bring(alice, content)
    assert run.state == "failed" and words in run.error
    assert not Conversation.objects.exists()
    assert bring(alice, (FIXTURES / "claude.json").read_bytes()).imported == 2, "and it stands in nobody's way"


def test_a_damaged_end_costs_only_itself(alice: User) -> None:
    found = json.loads((FIXTURES / "claude.json").read_text())
    run = bring(alice, json.dumps(found[:2]).encode()[:-1] + b', {"uuid')
    assert (run.state, run.imported) == ("failed", 2)
    assert "cut off" in run.error


def test_an_encrypted_archive_is_named_as_such(alice: User) -> None:
    content = bytearray(packed(conversations_json=b"[]"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    assert "encrypted" in bring(alice, bytes(content)).error


def test_a_zip_bomb_is_stopped_by_what_it_holds(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1_000_000)
    bomb = packed(conversations_json=b" " * 50_000_000)
    assert len(bomb) < 100_000
    assert "larger than it looks" in bring(alice, bomb).error


def test_a_zip_of_too_many_files_is_not_even_opened(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 5_000)
    assert "too many files" in bring(alice, packed(**{f"conversations__{n}_json": b"{}" for n in range(200)})).error


def test_one_conversation_too_large_is_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ITEM", 300_000)
    assert "larger than this site takes" in bring(alice, b'[{"a": "' + b"x" * 900_000 + b'"}]').error


def test_a_million_empty_lists_do_not_fill_the_memory(alice: User) -> None:
    bomb = packed(conversations_json=b'[{"mapping": [' + b"[]," * 4_000_000 + b"[]]}]")
    assert len(bomb) < 100_000
    tracemalloc.start()
    run = bring(alice, bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "more than a conversation can" in run.error
    assert most < 200_000_000


def document(**changes: Any) -> dict[str, Any]:
    moment = "2024-01-01T00:00:00Z"
    first = {"id": "a", "parent": None, "role": "user", "source": "person", "content": "hi", "created": moment}
    talk = {"id": "t", "created": moment, "updated": moment, "head": None, "messages": [first]}
    return {"format": form.FORMAT, "version": 1, "exported": moment, "conversation": {**talk, **changes}}


def turn(key: str, parent: str | None, **changes: Any) -> dict[str, Any]:
    first: dict[str, Any] = document()["conversation"]["messages"][0]
    return {**first, "id": key, "parent": parent, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "no messages"),
        ({"messages": [turn("a", "a")]}, "circle"),
        ({"messages": [turn("a", None), turn("b", "c"), turn("c", "b")]}, "circle"),
        ({"messages": [turn("a", None), turn("a", None)]}, "same id"),
        ({"messages": [turn("a", "z")]}, "not there"),
        ({"head": "z"}, "not there"),
        ({"temperature": 9}, "temperature"),
        ({"thinking": "hard"}, "thinking"),
        ({"title": "x" * 201}, "title"),
        ({"messages": [turn("a", None, role="system")]}, "role"),
        ({"messages": [turn("a", None, created="0001-01-01T00:00:00+14:00")]}, "calendar"),
        ({"messages": [turn("a", None, html="<b>mine</b>")]}, "html"),
    ],
)
def test_a_document_of_ours_that_is_not_as_it_should_be(alice: User, changes: dict[str, Any], words: str) -> None:
    content = json.dumps([document(**changes), document()]).encode()
    run = bring(alice, content, "ours.json")
    assert counts(run) == (1, 0, 0, 1), "the good one beside it is taken"
    assert words in run.refused[0]["reason"]


def test_a_newer_version_is_named(alice: User) -> None:
    run = bring(alice, json.dumps({**document(), "version": 2}).encode())
    assert "newer site" in run.refused[0]["reason"]


def test_more_than_a_conversation_may_hold_is_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = [turn(f"{n}", f"{n - 1}" if n else None) for n in range(30)]
    monkeypatch.setattr(form, "MAX_DEPTH", 20)
    assert "deep" in bring(alice, json.dumps(document(messages=deep)).encode()).refused[0]["reason"]
    monkeypatch.setattr(form, "MAX_MESSAGES", 10)
    assert "30 messages" in bring(alice, json.dumps(document(messages=deep)).encode()).refused[0]["reason"]


def test_a_person_has_one_import_at_a_time(alice: User, bob: User) -> None:
    other = ImportRun.objects.create(owner=alice, created=timezone.now(), state="running")
    with pytest.raises(LimitReached):
        bring(alice, b"[]")
    assert bring(bob, b"[]").state == "done"
    ImportRun.objects.filter(pk=other.pk).update(created=timezone.now() - actions.GIVEN_UP)
    assert bring(alice, b"[]").state == "done"
    other.refresh_from_db()
    assert other.state == "failed"


def test_a_killed_import_goes_on_where_it_was(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    real, calls = writing.prepare, []

    def prepare(*args: Any) -> writing.Prepared:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return real(*args)

    monkeypatch.setattr(writing, "prepare", prepare)
    content = json.dumps([document(id=f"t{n}") for n in range(3)]).encode()
    with pytest.raises(Killed):
        bring(alice, content)
    run = ImportRun.objects.get()
    assert (run.state, run.seen, run.imported) == ("running", 1, 1)
    carrying.carry_out(run)
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (3, 0, 0, 0))
    assert not run.file


def test_a_large_archive_is_a_job(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    run = bring(alice, json.dumps(document()).encode())
    assert run.state == "waiting" and not Conversation.objects.exists()
    from chat.portability.jobs import run_import

    run_import.call(str(run.pk))
    run_import.call(str(run.pk))
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("done", (1, 0, 0, 0))


def test_too_large_an_upload_is_not_even_kept(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_UPLOAD", 10)
    with pytest.raises(Invalid):
        bring(alice, b"[" + b" " * 20)
    assert not ImportRun.objects.exists()


def test_alice_imports_by_the_page_and_charlie_sees_nothing_of_it(alice: User, charlie: User) -> None:
    client, stranger = Client(), Client()
    client.force_login(alice)
    stranger.force_login(charlie)
    file = SimpleUploadedFile("<b>claude</b>.json", (FIXTURES / "claude.json").read_bytes())
    answer = client.post(reverse("chat:archives"), {"archive": file}, follow=True)
    assert "<strong>2</strong> imported" in answer.content.decode()
    assert "<b>claude</b>" not in answer.content.decode()
    address = answer.redirect_chain[-1][0]
    assert stranger.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert "claude" not in stranger.get(reverse("chat:archives")).content.decode()
    assert client.post(reverse("chat:archives")).status_code == 400
