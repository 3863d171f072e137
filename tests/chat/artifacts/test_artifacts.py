"""Files of conversations: they come out of answers, have versions, and go where their messages go."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chat import actions as chat
from chat import branches, handing_over, keeping, merging
from chat.artifacts import actions, reading, storing
from chat.artifacts.access import access_artifact
from chat.models import Artifact, ArtifactText, ArtifactVersion, Conversation, Message
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound, StorageFull
from meatlizard.jobs.models import Job
from meatlizard.storage.actions import used_by
from tests.chat.artifacts.making import HANDLED, PROGRAM, answered, ended, fenced
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def files(talk: Conversation) -> dict[str, list[int]]:
    talk.refresh_from_db()
    return {one.name: [version.number for version in one.versions] for one in reading.shown(talk)}


@pytest.fixture
def program(alice: User) -> Message:
    return answered(alice, "Write a script that counts walls, save it as walls.py", fenced(PROGRAM))


def test_an_answer_with_a_program_becomes_a_file(alice: User, program: Message) -> None:
    (one,) = reading.shown(Conversation.objects.get(pk=program.conversation_id))
    assert (one.name, one.kind, one.versions[0].size) == ("walls.py", "python", len(PROGRAM))
    assert one.expires is not None
    assert used_by(alice) == len(PROGRAM)


def test_it_is_found_once_however_often_it_is_looked_for(alice: User, program: Message) -> None:
    assert actions.find_in(program.pk) == 0
    assert ArtifactVersion.objects.count() == 1


def test_an_ordinary_answer_has_nobody_look(alice: User) -> None:
    answered(alice, "What is a gecko?", "A gecko is a lizard.\n" * 80, look=False)
    assert not Job.objects.filter(task__endswith="find_artifacts").exists()
    answered(alice, "And in Python?", fenced(PROGRAM), look=False)
    assert Job.objects.filter(task__endswith="find_artifacts").count() == 1


def test_asked_for_again_it_is_a_new_version(alice: User, program: Message) -> None:
    talk = program.conversation
    answered(alice, "add error handling", fenced(HANDLED), talk)
    assert files(talk) == {"walls.py": [1, 2]}
    row = ArtifactVersion.objects.get(number=2)
    assert "sys.exit" in row.content.text


def test_another_program_is_another_file(alice: User, program: Message) -> None:
    other = "\n".join(f"console.log({number} * {number});" for number in range(40))
    answered(alice, "Now write a page script that prints squares", fenced(other, "js"), program.conversation)
    assert files(program.conversation) == {"walls.py": [1], "code.js": [1]}


def test_an_answer_that_was_stopped_within_a_block_makes_no_file(alice: User) -> None:
    message = answered(alice, "Save it as walls.py", f"```python\n{PROGRAM}", reason="cancelled")
    assert files(message.conversation) == {}
    message = answered(alice, "Save it as walls.py", f"```python\n{PROGRAM}")
    assert files(message.conversation) == {"walls.py": [1]}


def test_each_branch_shows_its_own_versions(alice: User, program: Message) -> None:
    talk = program.conversation
    asked = chat.regenerate(alice, program, uuid4())
    ended(asked.generation, fenced(HANDLED))
    assert files(talk) == {"walls.py": [2]}
    branches.show(alice, program)
    assert files(talk) == {"walls.py": [1]}


def test_a_deleted_message_takes_its_version_along_and_brings_it_back(alice: User, program: Message) -> None:
    talk = program.conversation
    second = answered(alice, "add error handling", fenced(HANDLED), talk)
    branches.remove(alice, second)
    assert files(talk) == {"walls.py": [1]}
    branches.restore(alice, second)
    assert files(talk) == {"walls.py": [1, 2]}


def test_a_change_by_hand_is_a_version_and_the_next_answer_builds_on_it(alice: User, program: Message) -> None:
    talk = program.conversation
    row = Artifact.objects.get()
    actions.revise(alice, row.pk, 1, 1, PROGRAM + "# mine\n")
    assert files(talk) == {"walls.py": [1, 2]}
    answered(alice, "add error handling", fenced(HANDLED), talk)
    assert files(talk) == {"walls.py": [1, 2, 3]}
    assert [version.origin for version in ArtifactVersion.objects.order_by("number")] == ["answer", "person", "answer"]


def test_of_two_tabs_that_change_the_same_version_one_is_told(alice: User, program: Message) -> None:
    row = Artifact.objects.get()

    def change(text: str) -> str:
        try:
            actions.revise(alice, row.pk, 1, 1, text)
        except Invalid as refused:
            return refused.code
        return "made"

    said = at_once([lambda text=text: change(text) for text in ("one\n", "two\n", "three\n")])
    assert sorted(said) == ["changed_meanwhile", "changed_meanwhile", "made"]
    assert ArtifactVersion.objects.count() == 2


def test_an_earlier_version_comes_back_and_takes_no_storage(alice: User, program: Message) -> None:
    talk = program.conversation
    answered(alice, "add error handling", fenced(HANDLED), talk)
    used = used_by(alice)
    row = Artifact.objects.get()
    made = actions.restore(alice, row.pk, 1, 2)
    assert (made.number, made.content.text) == (3, PROGRAM)
    assert used_by(alice) == used
    with pytest.raises(Invalid) as refused:
        actions.restore(alice, row.pk, 1, 2)
    assert refused.value.code == "changed_meanwhile"


def test_strangers_reach_nothing(alice: User, charlie: User, program: Message) -> None:
    row = Artifact.objects.get()
    with pytest.raises(NotFound):
        access_artifact(charlie, row.pk)
    with pytest.raises(NotFound):
        actions.revise(charlie, row.pk, 1, 1, "mine now")
    with pytest.raises(NotFound):
        actions.restore(charlie, row.pk, 1, 1)
    assert access_artifact(alice, row.pk) == row


def test_files_go_after_their_time_unless_kept(alice: User, program: Message) -> None:
    row = Artifact.objects.get()
    Artifact.objects.update(expires=timezone.now())
    with pytest.raises(NotFound):
        access_artifact(alice, row.pk)
    assert files(program.conversation) == {}
    assert actions.sweep() == 1
    assert used_by(alice) == 0 and not ArtifactText.objects.exists()
    answered(alice, "Again as walls.py please: write the file", fenced(PROGRAM), program.conversation)
    kept = actions.keep(Artifact.objects.get(), True)
    assert kept.expires is None
    assert actions.sweep() == 0 and files(program.conversation) == {"walls.py": [1]}


def test_the_time_is_a_setting(alice: User, settings: Any) -> None:
    settings.ARTIFACT_HOURS = 0
    answered(alice, "Save it as walls.py", fenced(PROGRAM))
    assert Artifact.objects.get().expires is None


def test_a_fork_has_the_files_of_its_part_and_shares_the_texts(alice: User, program: Message) -> None:
    talk = program.conversation
    answered(alice, "add error handling", fenced(HANDLED), talk)
    used = used_by(alice)
    copy = branches.fork(alice, program)
    assert files(copy) == {"walls.py": [1]}
    assert used_by(alice) == used
    answered(alice, "add error handling", fenced(HANDLED), copy)
    assert files(copy) == {"walls.py": [1, 2]} and files(talk) == {"walls.py": [1, 2]}
    chat.delete(talk)
    actions.sweep()
    assert used_by(alice) == used and files(copy) == {"walls.py": [1, 2]}


def test_in_the_trash_nobody_reaches_them_and_deleted_they_give_their_bytes_back(alice: User, program: Message) -> None:
    talk, row = program.conversation, Artifact.objects.get()
    keeping.discard(alice, [talk.pk])
    with pytest.raises(NotFound):
        access_artifact(alice, row.pk)
    keeping.bring_back(alice, [talk.pk])
    assert access_artifact(alice, row.pk) == row
    chat.delete(talk)
    assert Job.objects.filter(task__endswith="sweep_artifacts").exists()
    actions.sweep()
    assert used_by(alice) == 0


def test_handed_over_they_are_in_the_new_owners_storage(alice: User, bob: User, olga: User, program: Message) -> None:
    talk = program.conversation
    fork = branches.fork(alice, program)
    handing_over.hand_over(olga, talk.pk, bob)
    assert (used_by(alice), used_by(bob)) == (len(PROGRAM), len(PROGRAM))
    assert files(Conversation.objects.get(pk=talk.pk)) == files(fork) == {"walls.py": [1]}
    handing_over.hand_over(olga, fork.pk, bob)
    assert used_by(alice) == 0


def test_whose_storage_is_full_is_given_nothing(alice: User, bob: User, olga: User, program: Message) -> None:
    bob.tier.storage_bytes = 100
    bob.tier.save()
    with pytest.raises(StorageFull):
        handing_over.hand_over(olga, program.conversation_id, bob)
    assert used_by(alice) == len(PROGRAM)


def test_a_full_storage_keeps_the_answer_and_no_file(alice: User) -> None:
    alice.tier.storage_bytes = 100
    alice.tier.save()
    message = answered(alice, "Save it as walls.py", fenced(PROGRAM))
    assert PROGRAM.splitlines()[0] in message.content
    assert not Artifact.objects.exists() and used_by(alice) == 0
    alice.tier.storage_bytes = 10_000_000
    alice.tier.save()
    assert actions.find_in(message.pk) == 1


def test_two_accounts_that_become_one_keep_what_both_had(alice: User, bob: User, program: Message) -> None:
    answered(bob, "Save it as walls.py", fenced(PROGRAM))
    with transaction.atomic():
        merging.merge(alice.pk, bob.pk)
    assert ArtifactText.objects.filter(owner=bob).count() == 2


def test_an_edited_answer_is_looked_at_again(alice: User, program: Message) -> None:
    branches.edit_answer(alice, program, fenced(HANDLED))
    assert Job.objects.filter(task__endswith="find_artifacts").count() == 2
    assert actions.find_in(program.pk) == 1
    assert files(program.conversation) == {"walls.py": [1, 2]}


def test_what_was_edited_meanwhile_is_not_kept(alice: User) -> None:
    message = answered(alice, "Save it as walls.py", fenced(PROGRAM), look=False)
    row, question = reading.question_and_answer(message.pk) or (message, "")
    Message.objects.filter(pk=message.pk).update(content="Something else.")
    from chat.artifacts import detection

    assert actions.keep_found(row, detection.find(question, row.content)) == 0


def test_a_tool_makes_a_file_and_its_next_version(alice: User, program: Message) -> None:
    first = actions.create(alice, program, "../../etc/notes.md", "# Walls\n")
    assert (first.artifact.name, first.number, first.origin) == ("notes.md", 1, "tool")
    assert actions.create(alice, program, "notes.md", "# Walls\n").number == 1
    assert actions.create(alice, program, "NOTES.md", "# More walls\n").number == 2


def test_a_tool_of_a_stranger_makes_nothing(charlie: User, program: Message) -> None:
    with pytest.raises(NotFound):
        actions.create(charlie, program, "notes.md", "# Mine\n")


def test_bounds_of_files_and_versions(alice: User, program: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MAX_FILES", 1)
    monkeypatch.setattr(storing, "MAX_VERSIONS", 2)
    other = "\n".join(f"console.log({number} * {number});" for number in range(40))
    answered(alice, "And squares.js please: write that file", fenced(other, "js"), program.conversation)
    assert files(program.conversation) == {"walls.py": [1]}
    row = Artifact.objects.get()
    actions.revise(alice, row.pk, 1, 1, "two\n")
    with pytest.raises(Exception, match="at most 2 versions"):
        actions.revise(alice, row.pk, 2, 2, "three\n")


def test_a_text_that_no_database_takes_is_made_one_that_it_does(alice: User, program: Message) -> None:
    row = Artifact.objects.get()
    made = actions.revise(alice, row.pk, 1, 1, "a\x00b\ud800c\n")
    assert made.content.text == "abc\n"
    with pytest.raises(Invalid):
        actions.revise(alice, row.pk, 2, 2, "x" * 1_000_001)


def test_sweeping_beside_a_version_that_takes_the_text_up_again_loses_nothing(alice: User, program: Message) -> None:
    talk, row = program.conversation, Artifact.objects.get()
    actions.revise(alice, row.pk, 1, 1, "two\n")
    ArtifactVersion.objects.filter(number=1).delete()
    at_once([actions.sweep_texts, lambda: answered(alice, "add the rest again", fenced(PROGRAM), talk)])
    actions.sweep_texts()
    for version in ArtifactVersion.objects.select_related("content"):
        assert version.content.text
    assert used_by(alice) == sum(ArtifactText.objects.values_list("size", flat=True))


def test_who_has_taken_storage_waits_for_no_text(alice: User, program: Message) -> None:
    """Whoever sweeps a text, or gives it away, holds it and then wants the storage: the two would wait for each other for ever."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")

    def kept() -> ArtifactText:
        digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
        return at_once([lambda: transaction.atomic(storing.kept_text)(alice, PROGRAM, digest)])[0]

    with ThreadPoolExecutor(1) as aside, transaction.atomic():
        held = ArtifactText.objects.select_for_update().get()
        made = aside.submit(kept)
        assert made.result(20).pk != held.pk
    actions.sweep_texts()
    assert ArtifactText.objects.get().pk == held.pk, "the second one had no version"
    assert used_by(alice) == held.size
