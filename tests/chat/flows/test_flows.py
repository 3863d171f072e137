"""Conversations that begin with a flow: Alice made the persona and attached nothing, Olga attached the flow, Bob answers, Charlie is a
stranger.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import actions as chat_actions
from chat import branches
from chat.comparing import actions as comparing
from chat.flows import actions, running
from chat.flows.steps import WrongSteps
from chat.following import added
from chat.messages import branch, branch_out, contexts
from chat.models import Conversation, Flow, FlowVersion, Generation, Message, Persona, PersonaFlow
from chat.personas import talks
from chat.portability import export
from meatlizard.accounts.models import User
from meatlizard.budgets.models import Reservation
from meatlizard.errors import Invalid, LimitReached
from meatlizard.moderation.actions.screening import Blocked
from tests.chat.flows.makers import welcome
from tests.chat.personas.makers import persona
from tests.chat.personas.visits import post_json, signed_in, url
from tests.chat.test_round_trip import bring_in, imported
from tests.meatlizard.moderation.conftest import fresh_rules as fresh_rules
from tests.meatlizard.moderation.conftest import rule_set

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


def attached(row: Persona, steps: list[dict[str, Any]] | None = None) -> Flow:
    flow = Flow(name="Welcome")
    actions.save(flow, welcome() if steps is None else steps, None)
    PersonaFlow.objects.create(persona=row, flow=flow)
    return flow


@pytest.fixture
def lizzy(alice: User) -> Persona:
    return persona(alice, "shared", publish=True)


@pytest.fixture
def flow(lizzy: Persona) -> Flow:
    return attached(lizzy)


@pytest.fixture
def talk(bob: User, lizzy: Persona, flow: Flow) -> Conversation:
    return talks.begin(bob, lizzy)


def say(user: User, talk: Conversation, text: str, **more: Any) -> chat_actions.Asked:
    return chat_actions.send(user, talk.pk, uuid4(), text, **more)


def shown(talk: Conversation) -> list[str]:
    return [message.content for message in branch(Conversation.objects.get(pk=talk.pk))]


def offered(user: User, talk: Conversation) -> Any:
    return signed_in(user).get(url("flow", talk)).json()["flow"]


def read_by_model(asked: chat_actions.Asked) -> list[tuple[str, str]]:
    generation = Generation.objects.get(pk=asked.generation)
    found = contexts([generation], {generation.pk: ""})[generation.pk]
    return [(message.role, message.content) for message in found.messages]


# the way through ----------------------------------------------------------------------------------------------------------


def test_the_persona_begins_and_then_asks(bob: User, talk: Conversation) -> None:
    assert shown(talk) == ["*looks up* Wet again, User?\n\nWelcome, User.\n\nWhat is your name?"]
    assert offered(bob, talk) == {"state": "asking", "kind": "text", "choices": []}


def test_answers_are_answered_by_the_site_without_model_and_charge(bob: User, talk: Conversation) -> None:
    asked = say(bob, talk, "Bob")
    answer = Message.objects.get(pk=asked.answer)
    assert (answer.content, answer.source, answer.speaker, answer.model) == (
        "How old are you, Bob?", "flow", "Lizzy", "",
    )  # fmt: skip
    say(bob, talk, "very")
    assert shown(talk)[-1] == "Please answer with a number, in digits.\n\nHow old are you, Bob?"
    say(bob, talk, "34")
    assert offered(bob, talk) == {"state": "asking", "kind": "choice", "choices": ["Books", "Rain"]}
    assert set(Generation.objects.values_list("state", "answered_by")) == {("done", "flow")}
    assert not Reservation.objects.exists()
    assert [message.notice for message in branch_out(Conversation.objects.get(pk=talk.pk))] == [""] * 7
    # It is no title, what somebody answers to a question.
    assert Conversation.objects.get(pk=talk.pk).title == ""


def test_a_flow_needs_no_machine_and_no_place_in_the_queue(
    bob: User, talk: Conversation, settings: pytest.FixtureRequest
) -> None:
    settings.QUEUE_MAX_WAITING = 0  # type: ignore[attr-defined]
    say(bob, talk, "Bob", offline="markov")
    assert shown(talk)[-1] == "How old are you, Bob?"
    actions.skip(bob, talk.pk)
    with pytest.raises(LimitReached):
        say(bob, talk, "Why?")


def test_at_the_hand_over_the_model_reads_history_kept_answers_and_note(bob: User, talk: Conversation) -> None:
    for text in ("Bob", "34", "rain"):
        say(bob, talk, text)
    assert shown(talk)[-1] == "Then let us talk about Rain." and offered(bob, talk) is None
    asked = say(bob, talk, "Why does it rain?")
    assert Generation.objects.get(pk=asked.generation).state == "queued"
    read = read_by_model(asked)
    system = read[0][1]
    assert "Recommend one book." in system
    assert system.endswith("by key:\n- name: Bob\n- age: 34\n- topic: Rain")
    assert read[1][1].startswith("*looks up*") and read[-1] == ("user", "Why does it rain?")
    assert [role for role, _ in read[1:]] == ["assistant", "user"] * 4
    assert Conversation.objects.get(pk=talk.pk).title == "Why does it rain?"


def test_an_answer_cannot_look_like_another_one_to_the_model(bob: User, talk: Conversation) -> None:
    for text in ("Bob\n- age: 99", "34", "rain"):
        say(bob, talk, text)
    assert "- name: Bob - age: 99\n- age: 34" in read_by_model(say(bob, talk, "Why?"))[0][1]


def test_a_closed_conversation_takes_nothing_more_but_may_be_gone_on_with(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Bob")
    say(bob, talk, "9")
    assert offered(bob, talk) == {"state": "closed", "kind": "", "choices": []}
    before = shown(talk)
    with pytest.raises(Invalid, match="come to its end"):
        say(bob, talk, "But why?")
    assert shown(talk) == before
    assert actions.skip(bob, talk.pk) and offered(bob, talk) is None
    assert Generation.objects.get(pk=say(bob, talk, "But why?").generation).state == "queued"


def test_skipping_keeps_what_was_answered_and_happens_once(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Bob")
    client = signed_in(bob)
    assert post_json(client, "flow-skip", talk.pk, {}).json() == {"skipped": True}
    assert post_json(client, "flow-skip", talk.pk, {}).json() == {"skipped": False}
    assert shown(talk)[-2:] == ["Skip to free chat.", "All right. Ask whatever you like."]
    system = read_by_model(say(bob, talk, "34"))[0][1]
    assert "- name: Bob" in system and "- age" not in system


def test_who_types_the_words_of_the_button_has_only_answered(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Skip to free chat.")
    assert shown(talk)[-1] == "How old are you, Skip to free chat.?"


def test_files_and_several_models_wait_for_the_hand_over(bob: User, talk: Conversation) -> None:
    with pytest.raises(Invalid, match="No model answers yet"):
        comparing.compare(bob, talk.pk, uuid4(), "Bob", ["a", "b"])
    here = running.present(talk, talk.head_id)
    assert here is not None
    with pytest.raises(Invalid, match="takes no files"):
        running.reply(here, "", [object()])
    assert len(shown(talk)) == 1


def test_hostile_answers_are_shown_as_text(bob: User, talk: Conversation) -> None:
    asked = say(bob, talk, "<img src=x onerror=alert(1)>")
    html = Message.objects.get(pk=asked.answer).html
    assert "<img" not in html and "&lt;img" in html


def test_answers_are_moderated_like_any_question(bob: User, talk: Conversation, fresh_rules: None) -> None:
    rule_set("block", words="lizard", message="No lizards")
    with pytest.raises(Blocked, match="No lizards"):
        say(bob, talk, "Lizard")
    assert len(shown(talk)) == 1
    rule_set("mask", words="newt")
    say(bob, talk, "newt")
    assert "newt" not in shown(talk)[-1] and shown(talk)[-1].startswith("How old are you, ")


# twice and at once --------------------------------------------------------------------------------------------------------


def test_the_same_request_is_carried_out_once(bob: User, talk: Conversation) -> None:
    request = uuid4()
    first = chat_actions.send(bob, talk.pk, request, "Bob")
    again = chat_actions.send(bob, talk.pk, request, "Bob")
    assert again.repeated and again.answer == first.answer and len(shown(talk)) == 3
    assert [event.message.source for event in added(again, request)] == ["person", "flow"]


def test_the_last_answer_repeated_is_found_and_not_refused(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Bob")
    request = uuid4()
    chat_actions.send(bob, talk.pk, request, "9")
    assert chat_actions.send(bob, talk.pk, request, "9").repeated


def test_two_pages_that_answer_at_once_answer_two_questions(bob: User, talk: Conversation) -> None:
    def answer(text: str) -> None:
        try:
            say(bob, talk, text)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, ["7", "7"]))
    assert shown(talk)[1:] == ["7", "How old are you, 7?", "7", "Come back in some years, 7."]


# the tree -----------------------------------------------------------------------------------------------------------------


def test_another_answer_leads_elsewhere_and_going_back_leads_back(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Bob")
    child = say(bob, talk, "9")
    question = Message.objects.get(pk=child.answer).parent
    assert question is not None
    chat_actions.edit_question(bob, question, uuid4(), "34")
    assert shown(talk)[-2:] == ["34", "Books or rain?"] and offered(bob, talk)["kind"] == "choice"
    branches.show(bob, question)
    assert offered(bob, talk)["state"] == "closed"
    branches.remove(bob, question)
    assert offered(bob, talk)["kind"] == "choice"


def test_deleting_an_answer_asks_again(bob: User, talk: Conversation) -> None:
    say(bob, talk, "Bob")
    asked = say(bob, talk, "34")
    reply = Message.objects.get(pk=asked.answer)
    with pytest.raises(Invalid, match="fixed step"):
        chat_actions.regenerate(bob, reply, uuid4())
    question = reply.parent
    assert question is not None
    branches.remove(bob, reply)
    chat_actions.regenerate(bob, question, uuid4())
    assert shown(talk)[-2:] == ["34", "Books or rain?"]
    branches.remove(bob, question)
    assert offered(bob, talk)["kind"] == "number"


def test_an_edited_question_of_the_persona_changes_nothing(bob: User, talk: Conversation) -> None:
    asked = say(bob, talk, "Bob")
    branches.edit_answer(bob, Message.objects.get(pk=asked.answer), "Books or rain?")
    assert offered(bob, talk)["kind"] == "number"


def test_a_copy_stands_where_its_messages_lead(bob: User, talk: Conversation) -> None:
    asked = say(bob, talk, "Bob")
    say(bob, talk, "34")
    copy = branches.fork(bob, Message.objects.get(pk=asked.answer))
    assert offered(bob, copy)["kind"] == "number"
    say(bob, copy, "9")
    assert offered(bob, copy)["state"] == "closed" and offered(bob, talk)["kind"] == "choice"


def test_another_first_message_begins_with_the_same_questions(bob: User, talk: Conversation) -> None:
    talks.greet(bob, talk.pk)
    assert shown(talk) == ["We are **closed**.\n\nWelcome, User.\n\nWhat is your name?"]
    talks.greet(bob, talk.pk)
    assert shown(talk)[0].startswith("Ssh!")
    say(bob, talk, "Bob")
    assert shown(talk)[-1] == "How old are you, Bob?"


def test_taken_out_and_brought_in_it_is_free_chat_with_all_that_was_said(
    bob: User, charlie: User, talk: Conversation
) -> None:
    say(bob, talk, "Bob")
    actions.skip(bob, talk.pk)
    before = list(branch(Conversation.objects.get(pk=talk.pk)))
    bring_in(charlie, export.as_json(Conversation.objects.get(pk=talk.pk)))
    copy = imported(charlie)
    assert [(one.role, one.source, one.content) for one in branch(copy)] == [
        (one.role, one.source, one.content) for one in before
    ]
    assert offered(charlie, copy) is None
    assert Generation.objects.get(pk=say(charlie, copy, "Why?").generation).state == "queued"


# versions and personas ----------------------------------------------------------------------------------------------------


def test_an_edit_does_not_touch_conversations_under_way(
    bob: User, lizzy: Persona, flow: Flow, talk: Conversation
) -> None:
    say(bob, talk, "Bob")
    actions.save(flow, [{"kind": "close", "name": "end", "text": "Closed today."}], None)
    say(bob, talk, "34")
    assert shown(talk)[-1] == "Books or rain?"
    assert shown(talks.begin(bob, lizzy)) == ["*looks up* Wet again, User?\n\nClosed today."]


def test_a_flow_that_is_deleted_goes_on_where_it_runs(
    bob: User, lizzy: Persona, flow: Flow, talk: Conversation
) -> None:
    flow.delete()
    say(bob, talk, "Bob")
    assert shown(talk)[-1] == "How old are you, Bob?"
    assert talks.begin(bob, lizzy).flow_id is None


def test_saving_the_same_steps_makes_no_version(flow: Flow) -> None:
    actions.save(flow, welcome(), None)
    assert FlowVersion.objects.count() == 1
    with pytest.raises(WrongSteps):
        actions.save(flow, [{"kind": "say", "name": "a", "text": "x"}], None)
    assert FlowVersion.objects.count() == 1


def test_a_persona_without_first_message_begins_with_the_flow(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True, first_message="", alternatives=())
    attached(row)
    assert shown(talks.begin(bob, row)) == ["Welcome, User.\n\nWhat is your name?"]


def test_a_persona_chosen_before_anything_was_asked_brings_its_flow(
    alice: User, bob: User, lizzy: Persona, flow: Flow
) -> None:
    talk = chat_actions.create_conversation(bob)
    assert offered(bob, talk) is None
    talks.choose(bob, talk.pk, lizzy)
    assert offered(bob, talk)["state"] == "asking"
    talks.choose(bob, talk.pk, None)
    assert offered(bob, talk) is None and shown(talk) == []


def test_later_on_another_persona_ends_it_and_none_begins(
    alice: User, bob: User, lizzy: Persona, talk: Conversation
) -> None:
    say(bob, talk, "Bob")
    talks.choose(bob, talk.pk, lizzy, called="Bobby")
    assert offered(bob, talk)["kind"] == "number"
    other = persona(alice, "shared", publish=True, name="Other")
    talks.choose(bob, talk.pk, other)
    assert offered(bob, talk) is None
    talks.choose(bob, talk.pk, lizzy)
    assert offered(bob, talk) is None


def test_steps_that_this_program_cannot_read_leave_the_word_to_the_model(bob: User, talk: Conversation) -> None:
    broken = FlowVersion.objects.create(number=1, steps=[{"kind": "dance"}])
    Conversation.objects.filter(pk=talk.pk).update(flow=broken)
    assert Generation.objects.get(pk=say(bob, talk, "Bob").generation).state == "queued"


# what it costs the others -------------------------------------------------------------------------------------------------


def test_conversations_without_flow_ask_nothing_more(alice: User, bob: User, flow: Flow, talk: Conversation) -> None:
    plain = talks.begin(bob, persona(alice, "shared", publish=True))

    def looks_for_a_flow(where: Conversation) -> bool:
        running.flow_of.cache_clear()
        with CaptureQueriesContext(connection) as queries:
            actions.skip(bob, where.pk)
            read_by_model(say(bob, where, "Why?"))
        return any('"chat_flow' in query["sql"] or "'flow'" in query["sql"] for query in queries)

    assert looks_for_a_flow(talk)
    assert not looks_for_a_flow(plain)
    with CaptureQueriesContext(connection) as none:
        assert running.present(plain, plain.head_id) is None
    assert len(none) == 0


def test_charlie_finds_no_flow_of_bobs(charlie: User, talk: Conversation) -> None:
    client = signed_in(charlie)
    assert client.get(url("flow", talk)).status_code == 404
    assert post_json(client, "flow-skip", talk.pk, {}).status_code == 404
    assert len(shown(talk)) == 1


def test_a_guest_is_sent_to_sign_in(client: Any, talk: Conversation) -> None:
    for name, method in (("flow", client.get), ("flow-skip", client.post)):
        assert method(reverse(f"chat:{name}", args=[talk.pk])).status_code == 302
