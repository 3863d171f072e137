"""Questions under moderation's rules: refused, masked, flagged; and who is suspended is shut out of sockets and shared links."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat import actions, branches, keeping
from chat.comparing.actions import compare
from chat.models import Conversation, Generation, Message, OwnText, Upload
from chat.prompting import actions as prompting
from chat.sharing import actions as sharing
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.moderation import services
from meatlizard.moderation.actions import cases, sanctions
from meatlizard.moderation.actions.screening import Blocked
from meatlizard.moderation.models import AuditEntry, Case
from tests.chat.makers import ask_as
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def queries_of_asking(user: User) -> int:
    talk = actions.create_conversation(user)
    with CaptureQueriesContext(connection) as queries:
        actions.send(user, talk.pk, uuid4(), "How are you?")
    return len(queries)


def test_asking_costs_no_query_more_with_rule_sets_that_are_off(alice: User, rule: Switching) -> None:
    queries_of_asking(alice)  # the first one puts statements together, and makes the week's row
    before = queries_of_asking(alice)
    rule("block", words="lizard", on=False)
    assert queries_of_asking(alice) == before


def test_a_blocked_question_leaves_nothing_in_the_conversation(alice: User, rule: Switching) -> None:
    rule("block", words="lizard", message="No lizards")
    talk = actions.create_conversation(alice)
    with pytest.raises(Blocked, match="No lizards"):
        actions.send(alice, talk.pk, uuid4(), "Where is the lizard?")
    assert not Message.objects.exists()
    assert not Generation.objects.exists()
    talk.refresh_from_db()
    assert talk.title == ""
    case = Case.objects.get()
    assert (case.person, case.place, case.target) == (alice, f"conversation:{talk.pk}", "")


def test_a_strangers_forbidden_text_says_nothing_of_a_conversation(alice: User, charlie: User, rule: Switching) -> None:
    from meatlizard.errors import NotFound

    rule("block", words="lizard")
    talk = actions.create_conversation(alice)
    with pytest.raises(NotFound):
        actions.send(charlie, talk.pk, uuid4(), "lizard")
    assert not Case.objects.exists()


def test_a_masked_question_is_stored_masked_and_shown_again_when_dismissed(
    alice: User, mona: User, rule: Switching
) -> None:
    rule("mask", words="lizard")
    row = ask_as(alice, "Where is the 😀 lizard?")
    assert row.message is not None
    question = row.message.parent
    assert question is not None
    assert question.content == "Where is the 😀 ██████?"
    assert "lizard" not in question.html
    cases.dismiss(mona, Case.objects.get())
    question.refresh_from_db()
    assert question.content == "Where is the 😀 lizard?"


def test_a_flagged_question_is_asked_and_a_case_names_it(alice: User, rule: Switching) -> None:
    rule("flag", words="lizard")
    row = ask_as(alice, "Where is the lizard?")
    assert row.message is not None
    assert Case.objects.get().target == f"message:{row.message.parent_id}"


def test_other_doors_of_text_are_watched_too(alice: User, rule: Switching) -> None:
    row = ask_as(alice, "Where?")
    assert row.message is not None
    assert row.message.parent is not None
    question, answer = row.message.parent, row.message
    Generation.objects.filter(pk=row.pk).update(state=State.DONE)
    rule("block", words="lizard")
    with pytest.raises(Blocked):
        actions.edit_question(alice, question, uuid4(), "Where is the lizard?")
    with pytest.raises(Blocked):
        branches.edit_answer(alice, answer, "In the lizard house.")
    talk = Conversation.objects.get()
    with pytest.raises(Blocked):
        compare(alice, talk.pk, uuid4(), "Where is the lizard?", ["one", "two"])
    with pytest.raises(Blocked):
        actions.configure(talk, "", "You are a lizard.", None)
    with pytest.raises(Blocked):
        keeping.save_folder(alice, None, "zoo", None, "You are a lizard.")
    with pytest.raises(Blocked):
        prompting.save_own_text(alice, "I keep a lizard.", "")
    with pytest.raises(Blocked):
        prompting.save_own_text(alice, "", "Answer as a lizard.")
    talk.refresh_from_db()
    assert talk.system_prompt == ""
    assert not OwnText.objects.exists()


def test_a_refused_text_about_oneself_is_said_on_its_page(alice: User, client: Client, rule: Switching) -> None:
    rule("block", words="lizard", message="No lizards")
    client.force_login(alice)
    page = client.post(reverse("chat:own-text"), {"about": "I keep a lizard.", "answers": ""})
    assert page.status_code == 400 and "No lizards" in page.content.decode()
    prompting.save_own_text(alice, "I keep a gecko.", "")
    rule("mask", words="gecko")
    assert prompting.save_own_text(alice, "I keep a gecko.", "").about == "I keep a gecko.", "it was there before"
    assert prompting.save_own_text(alice, "My gecko is green.", "").about == "My █████ is green."


@pytest.mark.parametrize(("action", "stored"), [("block", False), ("mask", True), ("flag", True)])
def test_documents_are_looked_at_when_they_are_sent(alice: User, rule: Switching, action: str, stored: bool) -> None:
    rule(action, words="lizard")
    talk = actions.create_conversation(alice)
    file = Upload.objects.create(
        owner=alice, state="ready", kind="document", name="zoo.txt", media_type="text/plain", size=10, stored=False,
        text="All about the lizard house.", length=27, created=timezone.now(),
    )  # fmt: skip
    if stored:
        actions.send(alice, talk.pk, uuid4(), "Sum it up.", files=[file.pk])
    else:
        with pytest.raises(Blocked):
            actions.send(alice, talk.pk, uuid4(), "Sum it up.", files=[file.pk])
    assert Message.objects.exists() is stored
    case = Case.objects.get()
    assert (case.matched, case.kept) == ("lizard", "")
    file.refresh_from_db()
    assert "lizard" in file.text


def test_settings_that_were_there_before_a_rule_can_still_be_saved(alice: User, rule: Switching) -> None:
    talk = actions.create_conversation(alice, system_prompt="You are a lizard.")
    rule("block", words="lizard")
    actions.configure(talk, "", "You are a lizard.", 0.5)


def test_what_the_generator_says_is_watched(alice: User, rule: Switching, monkeypatch: pytest.MonkeyPatch) -> None:
    from chat import markov

    monkeypatch.setattr(markov, "reply_if_offline", lambda *_: "A lizard, a lizard.")
    rule("block", words="lizard", scope="out")
    row = ask_as(alice, "Say something.", offline="markov")
    assert row.message is not None
    assert "lizard" not in row.message.content
    assert row.message.content


# --- moderators and the chat's texts ----------------------------------------------------------------------------------


def flagged(user: User, text: str = "Where is the lizard?") -> tuple[Case, Message]:
    row = ask_as(user, text)
    assert row.message is not None
    assert row.message.parent is not None
    return Case.objects.latest("created"), row.message.parent


def test_a_moderator_masks_shows_and_removes(alice: User, mona: User, rule: Switching) -> None:
    rule("flag", words="lizard")
    case, question = flagged(alice)
    cases.mask(mona, case)
    question.refresh_from_db()
    assert question.content == "Where is the ██████?"
    cases.unmask(mona, case)
    question.refresh_from_db()
    assert question.content == "Where is the lizard?"
    cases.delete(mona, case)
    question.refresh_from_db()
    assert "lizard" not in question.content + question.html


def test_what_stands_around_is_read_only_of_what_the_case_is_about(alice: User, rule: Switching) -> None:
    rule("flag", words="lizard")
    first = ask_as(alice, "First question")
    assert first.message is not None
    Generation.objects.filter(pk=first.pk).update(state=State.DONE)
    Message.objects.filter(pk=first.message_id).update(content="First answer")
    ask_as(alice, "Where is the lizard?", first.conversation)
    case = Case.objects.get()
    service = services.find("chat")
    assert service is not None
    assert [turn.text for turn in service.around(case.target, case.place)] == ["First question", "First answer"]
    assert service.read("message:nonsense") is None
    assert service.read(f"message:{uuid4()}") is None
    assert not service.write(f"share:{uuid4()}", "x")
    assert service.around("", "conversation:nonsense") == []


# --- suspended --------------------------------------------------------------------------------------------------------


def test_suspension_stops_answers_and_closes_shared_links_until_it_is_lifted(
    alice: User, bob: User, mona: User, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    row = ask_as(alice, "Why?")
    talk = row.conversation
    _, token = sharing.share(talk)
    page = reverse("chat:shared", args=[token])
    assert Client().get(page).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sanction = sanctions.suspend(mona, alice, "spam", None)
    row.refresh_from_db()
    assert row.state == State.CANCELLED
    assert Client().get(page).status_code == 404
    reader = Client(headers={"accept": "text/html"})
    reader.force_login(bob)
    assert reader.get(page).status_code == 404
    sanctions.lift(mona, sanction)
    assert Client().get(page).status_code == 200
    assert AuditEntry.objects.filter(action="lift").exists()
