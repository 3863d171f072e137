"""Files on their way: Alice attaches hers, asks about them, and they go when nothing has them any more."""

import datetime
import os
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from chat import actions as chat_actions
from chat import branches, keeping
from chat.attachments import actions
from chat.attachments.jobs import sweep_attachments
from chat.attachments.limits import COMING, MAX_FILES, UNSENT
from chat.messages import branch_out, contexts, message_out
from chat.models import Attachment, Conversation, Generation, Message, Upload
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound, StorageFull, TooLarge
from meatlizard.jobs import actions as jobs
from meatlizard.jobs import worker
from meatlizard.reading import confined
from meatlizard.storage.actions import used_by
from tests.chat.attachments.conftest import Keep
from tests.chat.makers import Asking
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def lying(media: Path) -> set[str]:
    """Names of what lies in the storage."""
    folder = media / "attachments"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def balanced(owner: User) -> bool:
    return used_by(owner) == sum(Upload.objects.filter(owner=owner).values_list("size", flat=True))


def question_of(generation: Generation) -> Message:
    assert generation.message is not None
    assert generation.message.parent is not None
    return generation.message.parent


# taking -----------------------------------------------------------------------------------------------------------------


def test_a_file_is_kept_under_a_name_of_ours_and_counted(alice: User, document: Keep, image: Keep, media: Path) -> None:
    text, photo = document(alice, name="../../etc/passwd\u202etxt.exe"), image(alice)
    assert text.name == "passwdtxt.exe"
    assert lying(media) == {text.pk.hex, photo.pk.hex, f"{photo.pk.hex}-small"}
    stored = sum((media / "attachments" / name).stat().st_size for name in lying(media))
    assert used_by(alice) == stored + len(b"Lizards bask.")
    assert balanced(alice)
    assert photo.sha256
    assert photo.expires is not None
    assert photo.expires - photo.created == UNSENT


def test_what_is_refused_leaves_nothing(alice: User, media: Path, settings: Settings) -> None:
    with pytest.raises(Invalid, match="empty"):
        actions.take(alice, "x", [b"  "], 2)
    settings.ATTACHMENT_MAX_BYTES = 10
    with pytest.raises(TooLarge, match="10"):
        actions.take(alice, "x", [b"x" * 11], 11)
    assert (lying(media), used_by(alice), Upload.objects.count()) == (set(), 0, 0)


def test_there_is_an_end_of_room(alice: User, document: Keep, media: Path) -> None:
    alice.tier.storage_bytes = 200
    alice.tier.save()
    document(alice, "x" * 90)
    with pytest.raises(StorageFull) as caught:
        document(alice, "x" * 90)
    assert caught.value.status == 413
    assert len(lying(media)) == 1
    assert balanced(alice)
    # What is kept may be more than what came: then that is refused, and given back whole.
    with pytest.raises(StorageFull):
        document(alice, "x" * 15)
    assert used_by(alice) == 180


def test_of_many_at_once_nobody_gets_over(alice: User) -> None:
    alice.tier.storage_bytes = 1_000
    alice.tier.save()

    def begin() -> bool:
        try:
            actions._begin(alice, "x", 100, "")
        except StorageFull:
            return False
        return True

    assert sum(at_once([begin] * 24)) == 10
    assert used_by(alice) == 1_000
    assert balanced(alice)


def test_unsent_files_have_a_bound(alice: User, monkeypatch: pytest.MonkeyPatch, document: Keep) -> None:
    monkeypatch.setattr(actions, "MAX_WAITING", 1)
    document(alice)
    with pytest.raises(LimitReached, match="wait to be sent"):
        document(alice)
    assert balanced(alice)


def test_a_storage_that_fails_costs_nothing(
    alice: User, media: Path, document: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(OSError, match="no space"):
        document(alice)
    assert (lying(media), used_by(alice), Upload.objects.count()) == (set(), 0, 0)


# asking -----------------------------------------------------------------------------------------------------------------


def test_a_question_has_its_files_in_their_order(alice: User, ask: Asking, document: Keep, image: Keep) -> None:
    one, two = document(alice), image(alice)
    generation = ask(alice, "What is this?", files=[two.pk, one.pk])
    question = question_of(generation)
    assert question.attached == 2
    assert [file.name for file in message_out(question).attachments] == ["photo.png", "notes.txt"]
    assert [file.name for file in branch_out(generation.conversation)[0].attachments] == ["photo.png", "notes.txt"]
    assert generation.conversation.images
    assert generation.sight == Generation.Sight.ASKED
    assert set(Upload.objects.values_list("expires", flat=True)) == {None}


def test_a_file_alone_is_a_question(alice: User, ask: Asking, document: Keep) -> None:
    talk = chat_actions.create_conversation(alice)
    asked = chat_actions.send(alice, talk.pk, uuid4(), " ", files=[document(alice).pk])
    assert Message.objects.get(children=asked.answer).content == ""
    assert Conversation.objects.get(pk=talk.pk).title == "notes.txt"
    with pytest.raises(Invalid, match="Write something"):
        ask(alice, " ")


def test_nobody_attaches_what_is_not_theirs_or_not_there(
    alice: User, charlie: User, ask: Asking, document: Keep
) -> None:
    hers, late, coming = document(alice), document(charlie), document(charlie)
    Upload.objects.filter(pk=late.pk).update(expires=timezone.now() - datetime.timedelta(seconds=1))
    Upload.objects.filter(pk=coming.pk).update(state="coming")
    for key in (hers.pk, late.pk, coming.pk, uuid4()):
        with pytest.raises(NotFound):
            ask(charlie, "Mine?", files=[key])
    assert not Attachment.objects.exists()
    assert not Message.objects.exists()


def test_too_many_or_too_much_is_refused_and_nothing_is_asked(
    alice: User, ask: Asking, document: Keep, image: Keep
) -> None:
    one = document(alice)
    for keys in ([one.pk, one.pk], [uuid4() for _ in range(MAX_FILES + 1)]):
        with pytest.raises(Invalid):
            ask(alice, "Why?", files=keys)
    photos = [image(alice) for _ in range(9)]
    with pytest.raises(Invalid, match="8 images"):
        ask(alice, "Why?", files=[photo.pk for photo in photos])
    Upload.objects.filter(pk=one.pk).update(length=200_001)
    with pytest.raises(Invalid, match="200,001 characters"):
        ask(alice, "Why?", files=[one.pk])
    assert not Message.objects.exists()


def test_the_same_request_twice_attaches_once(alice: User, document: Keep) -> None:
    talk, file, request = chat_actions.create_conversation(alice), document(alice), uuid4()
    first = chat_actions.send(alice, talk.pk, request, "Why?", files=[file.pk])
    again = chat_actions.send(alice, talk.pk, request, "Why?", files=[file.pk])
    assert again.repeated
    assert again.answer == first.answer
    assert Attachment.objects.count() == 1


def test_documents_count_against_the_budget(alice: User, ask: Asking, document: Keep) -> None:
    alice.tier.weekly_tokens = 1_000
    alice.tier.save()
    file = document(alice, "word " * 1_000)
    with pytest.raises(LimitReached, match="tokens"):
        ask(alice, "Why?", files=[file.pk])
    ask(alice, "Why?")


def end(generation: Generation) -> None:
    chat_actions.stop(generation)


def test_editing_and_regenerating_keep_the_files(alice: User, ask: Asking, document: Keep) -> None:
    generation = ask(alice, "What is this?", files=[document(alice).pk])
    end(generation)
    question = question_of(generation)
    again = chat_actions.regenerate(alice, generation.message, uuid4())  # type: ignore[arg-type]
    read = contexts([Generation.objects.get(pk=again.generation)], {again.generation: ""})[again.generation].messages
    assert "Lizards bask." in read[-1].content
    end(Generation.objects.get(pk=again.generation))
    edited = chat_actions.edit_question(alice, question, uuid4(), "And now?")
    other = Message.objects.get(children=edited.answer)
    assert other.pk != question.pk
    assert [row.upload_id for row in other.attachments.all()] == [row.upload_id for row in question.attachments.all()]
    assert [file.name for file in message_out(other).attachments] == ["notes.txt"]


def test_a_fork_shares_the_files(alice: User, ask: Asking, image: Keep, media: Path) -> None:
    generation = ask(alice, "What is this?", files=[image(alice).pk])
    end(generation)
    before, used = lying(media), used_by(alice)
    fork = branches.fork(alice, generation.message)  # type: ignore[arg-type]
    assert fork.images
    assert [file.name for file in branch_out(fork)[0].attachments] == ["photo.png"]
    assert (lying(media), used_by(alice)) == (before, used)
    # Gone here, it stays there.
    chat_actions.delete(generation.conversation)
    actions.sweep()
    assert lying(media) == before
    chat_actions.delete(fork)
    actions.sweep()
    assert (lying(media), used_by(alice)) == (set(), 0)


# the end ----------------------------------------------------------------------------------------------------------------


def test_what_nothing_has_is_swept(alice: User, ask: Asking, document: Keep, media: Path) -> None:
    kept, unsent, young = document(alice), document(alice), document(alice)
    ask(alice, "Why?", files=[kept.pk])
    Upload.objects.filter(pk=unsent.pk).update(expires=timezone.now() - datetime.timedelta(seconds=1))
    assert actions.sweep() == 1
    assert lying(media) == {kept.pk.hex, young.pk.hex}
    assert balanced(alice)


def test_what_a_killed_process_left_is_swept(alice: User, document: Keep, media: Path) -> None:
    coming, going = document(alice), document(alice)
    Upload.objects.filter(pk=coming.pk).update(state="coming", created=timezone.now() - 2 * COMING)
    Upload.objects.filter(pk=going.pk).update(state="going")
    default_storage.delete(going.file_name)
    just_begun = actions._begin(alice, "x", 10, "")
    assert actions.sweep() == 2
    assert lying(media) == set()
    assert used_by(alice) == just_begun.size == 10


@pytest.mark.parametrize("when", ["reading", "storing"])
def test_what_is_swept_while_it_still_comes_stays_gone_and_costs_nothing(
    alice: User, media: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """A machine that slept for hours in the middle of it: the sweep is awake first."""

    def slept() -> None:
        Upload.objects.update(created=timezone.now() - 2 * COMING)
        assert actions.sweep() == 1

    name = {"reading": "_keep", "storing": "_store"}[when]
    awake = getattr(actions, name)

    def late(*arguments: Any) -> None:
        slept()
        awake(*arguments)

    monkeypatch.setattr(actions, name, late)
    with pytest.raises(Invalid, match="again"):
        actions.take(alice, "notes.txt", [b"hello"], 5)
    assert not Upload.objects.exists()
    assert (used_by(alice), lying(media)) == (0, set())


def test_only_what_no_message_has_can_be_discarded(alice: User, ask: Asking, document: Keep, media: Path) -> None:
    file = document(alice)
    ask(alice, "Why?", files=[file.pk])
    assert not actions.discard(file)
    assert lying(media) == {file.pk.hex}


def test_the_trash_takes_the_files_with_it(alice: User, ask: Asking, document: Keep, media: Path) -> None:
    generation = ask(alice, "Why?", files=[document(alice).pk])
    end(generation)
    keeping.discard(alice, [generation.conversation_id])
    actions.sweep()
    assert len(lying(media)) == 1, "it may come back"
    keeping.empty_trash(timezone.now() + datetime.timedelta(days=31))
    actions.sweep()
    assert (lying(media), used_by(alice)) == (set(), 0)


def test_a_deleted_branch_takes_its_files_in_its_time(alice: User, ask: Asking, document: Keep, media: Path) -> None:
    generation = ask(alice, "Why?", files=[document(alice).pk])
    end(generation)
    branches.remove(alice, question_of(generation))
    actions.sweep()
    assert len(lying(media)) == 1
    keeping.empty_trash(timezone.now() + datetime.timedelta(days=31))
    actions.sweep()
    assert lying(media) == set()


def test_all_goes_soon_however_much_it_is(
    alice: User, ask: Asking, document: Keep, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "SWEPT_AT_ONCE", 2)
    generation = ask(alice, "Why?", files=[document(alice).pk for _ in range(5)])
    chat_actions.delete(generation.conversation)
    while (job := jobs.claim("worker")) is not None:
        worker.run_job(job)
    assert (lying(media), used_by(alice)) == (set(), 0)


def test_who_leaves_takes_everything_along(alice: User, bob: User, ask: Asking, document: Keep, media: Path) -> None:
    ask(alice, "Why?", files=[document(alice).pk])
    document(alice)
    bobs = document(bob)
    alice.delete()
    actions.sweep()
    assert lying(media) == {bobs.pk.hex}
    assert balanced(bob)


def test_attaching_and_sweeping_at_once_lose_nothing(alice: User, document: Keep, media: Path) -> None:
    for _ in range(5):
        file = document(alice)
        talk = chat_actions.create_conversation(alice)

        def send(talk: Conversation = talk, key: UUID = file.pk) -> bool:
            try:
                chat_actions.send(alice, talk.pk, uuid4(), "Why?", files=[key])
            except NotFound:
                return False
            return True

        def drop(row: Upload = file) -> bool:
            return actions.discard(row)

        sent, dropped = at_once([send, drop])  # type: ignore[var-annotated]
        assert sent != dropped
        assert (file.pk.hex in lying(media)) == sent
    assert balanced(alice)


def test_what_a_killed_process_left_of_reading_a_file_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, other = tmp_path / "attachment-old", tmp_path / "attachment-new", tmp_path / "something"
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "input").write_text("private")
    aged = time.time() - confined.LEFT_SECONDS - 1
    for folder in (old, other):
        os.utime(folder, (aged, aged))
    (tmp_path / "attachment-link").symlink_to(other)
    sweep_attachments.func()
    assert not old.exists()
    assert (new / "input").exists() and (other / "input").exists()
