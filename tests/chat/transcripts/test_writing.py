"""A session that is over is written down once, the same whenever it is done again, whatever happens to who writes it."""

import datetime
import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings as site
from django.db import connections
from django.utils import timezone, translation

from chat import actions as chat
from chat import keeping
from chat.attachments import actions as attachments
from chat.models import Conversation, Generation, Message, Transcript
from chat.moderating.texts import show
from chat.transcripts import actions, shape, store, tending, writing
from chat.transcripts.jobs import write_transcript
from meatlizard.accounts.models import Tier, User
from meatlizard.jobs.models import Job
from tests.chat.transcripts.making import archive, days_ago, stored, talk_of, text_of, wants, with_files, work_off

SCHEMA = Path(site.BASE_DIR) / "docs/transcript.schema.json"
FORMS = ["csv", "html", "json", "md"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_published_schema_is_the_one_that_is_written() -> None:
    assert SCHEMA.read_text() == shape.schema()
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))


@pytest.mark.both_databases
def test_an_archived_conversation_becomes_four_forms_and_its_files(alice: User) -> None:
    row = archive(with_files(wants(alice)))
    assert (row.state, row.reason, row.title, row.messages) == ("ready", "archived", "Basking", 2)
    assert row.folder.startswith(f"transcripts/{row.closed:%Y/%m}/{row.session.hex}")
    assert stored() == [row.file_name(part) for part in ["0", "1", *FORMS]]
    found = json.loads(text_of(row, "json"))
    validator = jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_text()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(found)
    assert [one["text"] for one in found["messages"]] == ["Why do lizards bask?", "To get **warm**."]
    assert [one["name"] for one in found["messages"][0]["attachments"]] == ["notes.txt", "wall.png"]
    assert "> To get **warm**." in text_of(row, "md")
    assert '"To get **warm**."' in text_of(row, "csv")
    page = text_of(row, "html")
    assert "<strong>warm</strong>" in page and page.count("data:image/") == 1
    assert text_of(row, "0") == "Lizards bask."
    for part in FORMS:
        assert row.parts[part]["size"] == len(text_of(row, part).encode())


def test_a_schema_that_fits_everything_would_prove_nothing(alice: User) -> None:
    found = json.loads(text_of(archive(talk_of(wants(alice))), "json"))
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    del found["messages"][0]["text"]
    assert not validator.is_valid(found)


def test_nobody_who_has_not_chosen_has_one(alice: User, settings: Any) -> None:
    talk = talk_of(alice)
    keeping.mark(alice, [talk.pk], "archive")
    wants(alice)
    settings.TRANSCRIPTS = "off"
    keeping.mark(alice, [talk.pk], "archive")
    assert not Transcript.objects.exists()
    wants(alice, web=False)
    settings.TRANSCRIPTS = "all"
    assert archive(talk).state == "ready"


@pytest.mark.both_databases
def test_written_again_it_has_the_same_bytes_in_whatever_language(alice: User) -> None:
    row = archive(with_files(wants(alice)))
    link = actions.give_link(row, "page")
    before = {part: text_of(row, part) for part in FORMS}
    with translation.override("de"):
        again = archive(row.conversation)  # type: ignore[arg-type]
    assert (again.pk, again.parts, again.closed) == (row.pk, row.parts, row.closed) and again.edition > row.edition
    assert {part: text_of(again, part) for part in FORMS} == before
    assert len(stored()) == 6, "the edition before is gone"
    link.refresh_from_db()
    assert link.revoked is None


@pytest.mark.both_databases
def test_of_many_that_close_it_at_once_there_comes_one(alice: User) -> None:
    talk = talk_of(wants(alice))
    start = threading.Barrier(6)

    def close() -> None:
        start.wait()
        try:
            keeping.mark(alice, [talk.pk], "archive")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = Transcript.objects.get()
    assert Job.objects.filter(task="chat.transcripts.jobs.write_transcript").count() == 1
    work_off()
    row.refresh_from_db()
    assert row.state == "ready" and len(stored()) == 4


@pytest.mark.both_databases
def test_two_that_write_it_at_once_leave_one(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talk_of(wants(alice))
    keeping.mark(alice, [talk.pk], "archive")
    row = Transcript.objects.get()
    put = store.put
    second: list[bool] = []

    def slow(*args: Any) -> store.Stored:
        if not second:
            second.append(True)
            second.append(writing.write(row.pk))
        return put(*args)

    monkeypatch.setattr(store, "put", slow)
    assert not writing.write(row.pk), "it was overtaken"
    assert second == [True, True]
    row.refresh_from_db()
    assert row.edition == row.tries and stored() == [row.file_name(part) for part in FORMS]


class Killed(BaseException):
    """As a process ends: nothing is tidied up."""


@pytest.mark.both_databases
def test_killed_at_any_part_it_is_written_by_the_next_attempt(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talk_of(wants(alice))
    keeping.mark(alice, [talk.pk], "archive")
    row = Transcript.objects.get()
    put, calls = store.put, 0
    monkeypatch.setattr(store, "remove_edition", lambda *args: None)

    def dying(*args: Any) -> store.Stored:
        nonlocal calls
        done = put(*args)
        calls += 1
        raise Killed
        return done

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", dying)
        for _ in range(3):
            with pytest.raises(Killed):
                writing.write(row.pk)
    assert calls == 3 and len(stored()) == 3
    monkeypatch.undo()
    assert work_off() == 1
    row.refresh_from_db()
    assert row.state == "ready" and stored() == [row.file_name(part) for part in FORMS]


def test_what_could_not_be_stored_leaves_nothing_and_is_asked_for_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = talk_of(wants(alice))
    keeping.mark(alice, [talk.pk], "archive")
    put = store.put

    def full(row: Transcript, edition: int, part: str, *args: Any) -> store.Stored:
        if part == "html":
            raise OSError("no room")
        return put(row, edition, part, *args)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", full)
        with pytest.raises(OSError, match="no room"):
            writing.write(Transcript.objects.get().pk)
    assert stored() == []
    Job.objects.all().delete()
    Transcript.objects.update(closed=days_ago(0.1))
    Conversation.objects.update(updated=days_ago(0.2))
    tending.tend()
    work_off()
    assert Transcript.objects.get().state == "ready"


def test_while_an_answer_is_written_it_waits(alice: User) -> None:
    talk = talk_of(wants(alice))
    Generation.objects.update(state="streaming")
    keeping.mark(alice, [talk.pk], "archive")
    work_off()
    row = Transcript.objects.get()
    assert row.state == "waiting" and stored() == []
    waiting = Job.objects.filter(task=write_transcript.module_path, state="queued")
    assert waiting.count() == 1
    Job.objects.update(run_after=None)
    Transcript.objects.update(closed=days_ago(2))
    Message.objects.update(created=days_ago(3))
    work_off()
    assert waiting.count() == 0, "of what waits for days, jobs do not follow upon one another"
    for _ in range(2):
        tending.tend()
    assert work_off() == 2 and waiting.count() == 0
    tending.tend()
    Generation.objects.update(state="done")
    Job.objects.update(run_after=None)
    work_off()
    row.refresh_from_db()
    assert row.state == "ready"


def test_going_on_and_closing_again_writes_it_anew_and_ends_its_links(alice: User) -> None:
    row = archive(talk_of(wants(alice)))
    link = actions.give_link(row, "page")
    talk = row.conversation
    assert talk is not None
    keeping.mark(alice, [talk.pk], "unarchive")
    asked = chat.send(alice, talk.pk, link.pk, "And at night?")
    Generation.objects.filter(pk=asked.generation).update(state="done")
    again = archive(talk)
    assert again.pk == row.pk and again.messages == 4
    assert "And at night?" in text_of(again, "md") and len(stored()) == 4
    link.refresh_from_db()
    assert link.revoked is not None


def test_what_is_idle_is_closed_once_as_of_the_moment_it_was(alice: User, settings: Any) -> None:
    settings.TRANSCRIPT_IDLE_DAYS = 10
    talks = [talk_of(wants(alice)) for _ in range(5)]
    for talk, days in zip(talks, (9.5, 10.5, 18, 10.5, 10.5), strict=True):
        Conversation.objects.filter(pk=talk.pk).update(updated=days_ago(days))
    keeping.discard(alice, [talks[3].pk])
    Conversation.objects.filter(pk=talks[4].pk).update(place="discord")
    for _ in range(2):
        tending.tend()
        work_off()
    row = Transcript.objects.get()
    assert (row.session, row.reason, row.state) == (talks[1].pk, "idle", "ready")
    assert row.closed - Conversation.objects.get(pk=talks[1].pk).updated == datetime.timedelta(days=10)
    actions.delete(row)
    tending.tend()
    work_off()
    assert Transcript.objects.get().state == "gone", "deleted by hand it is not made again"
    settings.TRANSCRIPT_IDLE_DAYS = 0
    Transcript.objects.all().delete()
    tending.tend()
    assert not Transcript.objects.exists()


@pytest.mark.parametrize("how", ["by hand", "by time"])
def test_what_was_deleted_does_not_come_back_when_its_conversation_becomes_idle(
    alice: User, settings: Any, how: str
) -> None:
    """Archived, written down and deleted long before that."""
    settings.TRANSCRIPT_IDLE_DAYS = 30
    Tier.objects.update(transcript_days=20 if how == "by time" else 0)
    talk = talk_of(wants(alice))
    row = archive(talk)
    if how == "by hand":
        actions.delete(row)
    begun = Conversation.objects.get(pk=talk.pk).updated
    for day in (8, 21, 29, 30.1, 33, 36, 37.1, 45):
        tending.tend(begun + datetime.timedelta(days=day))
        work_off()
        assert not Transcript.objects.filter(pk=row.pk).exclude(state="gone").exists() or (
            how == "by time" and day < 20
        )
        assert not Transcript.objects.exclude(pk=row.pk).exists(), f"it was made again on day {day}"
    assert not Transcript.objects.exists() and not stored()


def test_strangers_idle_conversations_are_left_alone(alice: User, charlie: User, settings: Any) -> None:
    wants(alice)
    talk_of(charlie)
    Conversation.objects.update(updated=days_ago(31))
    tending.tend()
    assert not Transcript.objects.exists()
    settings.TRANSCRIPTS = "all"
    tending.tend()
    assert Transcript.objects.get().owner == charlie


def test_nothing_said_and_the_trash_leave_none(alice: User) -> None:
    wants(alice)
    empty = chat.create_conversation(alice)
    keeping.mark(alice, [empty.pk], "archive")
    assert not Transcript.objects.exists()
    talk = talk_of(alice)
    keeping.mark(alice, [talk.pk], "archive")
    keeping.discard(alice, [talk.pk])
    work_off()
    assert Transcript.objects.get().state == "empty" and stored() == []


@pytest.mark.both_databases
def test_it_outlives_the_conversation(alice: User) -> None:
    row = archive(with_files(wants(alice)))
    chat.delete(Conversation.objects.get(pk=row.session))
    attachments.sweep()
    row.refresh_from_db()
    assert row.conversation_id is None and "warm" in text_of(row, "md") and text_of(row, "0") == "Lizards bask."


def test_what_moderators_change_is_changed_here_too(alice: User) -> None:
    talk = talk_of(wants(alice), answer="A secret.")
    row = archive(talk)
    answer = Message.objects.get(role="assistant")
    show(answer, "")
    Generation.objects.update(reason="withheld")
    work_off()
    row.refresh_from_db()
    everything = "".join(text_of(row, part) for part in FORMS)
    assert "secret" not in everything and len(stored()) == 4
    assert json.loads(text_of(row, "json"))["messages"][1]["withheld"] is True
    assert "A rule of this site withheld this." in text_of(row, "md")
    show(answer, "Shown after all.")
    keeping.discard(alice, [talk.pk])
    work_off()
    row.refresh_from_db()
    assert "Shown after all." in text_of(row, "html"), "also of what lies in the trash since"


def test_a_change_of_what_is_gone_meanwhile_keeps_what_was_written(alice: User) -> None:
    talk = talk_of(wants(alice))
    row = archive(talk)
    actions.changed(talk.pk)
    chat.delete(talk)
    work_off()
    row.refresh_from_db()
    assert row.state == "ready" and "warm" in text_of(row, "md")


def test_deleted_versions_are_not_in_it(alice: User) -> None:
    talk = talk_of(wants(alice), answer="Gone tomorrow.")
    Message.objects.filter(role="assistant").update(removed=timezone.now())
    Conversation.objects.update(head=Message.objects.get(role="user"))
    row = archive(talk)
    assert row.messages == 1 and "Gone tomorrow" not in text_of(row, "json")


def test_a_file_that_was_lost_is_named_as_not_kept(alice: User, media: Path) -> None:
    talk = with_files(wants(alice))
    for path in (media / "attachments").iterdir():
        path.unlink()
    row = archive(talk)
    assert [one["kept"] for one in row.files] == [False, False] and "not kept" in text_of(row, "html")
