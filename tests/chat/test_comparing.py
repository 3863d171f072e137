"""One question, several models: all asked at once, side by side until one is kept, and no answer lost over another."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import actions, branches, generations, keeping, tree
from chat.comparing import actions as comparing
from chat.comparing import reading
from chat.generations import Outcome, Piece
from chat.messages import branch, branch_out
from chat.models import Candidate, Comparison, Conversation, Generation, Message, Node
from chat.portability import export
from chat.sharing import actions as sharing
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Invalid, LimitReached, NotFound
from tests.chat.makers import claim_one
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

MODELS = ("alpha-newt", "beta-newt", "gamma-newt")


@pytest.fixture
def talk(alice: User) -> Conversation:
    return actions.create_conversation(alice)


def compared(owner: User, talk: Conversation, *models: str, blind: bool = False) -> list[Message]:
    """The answers, none written yet, from left to right."""
    comparing.compare(owner, talk.pk, uuid4(), "Why?", models or MODELS, blind)
    comparison = Comparison.objects.filter(conversation=talk).first()
    return [row.message for row in Candidate.objects.filter(comparison=comparison).select_related("message")]


def write(answer: Message, text: str, reason: str = "stop") -> None:
    """A node that has the model writes it to the end."""
    row = Generation.objects.get(message=answer)
    node, _ = Node.objects.get_or_create(name=row.model, defaults={"public_key": uuid4().bytes * 2})
    claimed = claim_one(f"session of {row.model}", node.pk, [row.model])
    assert claimed is not None and claimed.generation == row.pk
    generations.append([Piece(row.pk, claimed.epoch, 0, text)])
    usage = Usage(prompt_tokens=3, completion_tokens=2, prompt_seconds=0.1, completion_seconds=0.1)
    assert generations.finish(row.pk, claimed.epoch, text, Outcome(reason, usage, answered_by=row.model, html=text))


def now(talk: Conversation) -> Conversation:
    return Conversation.objects.get(pk=talk.pk)


def labels(talk: Conversation) -> list[str]:
    found = reading.shown(now(talk))
    return [label for label, _ in found.answers] if found else []


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_three_models_are_asked_at_once_and_the_kept_one_goes_on(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk)
    rows = Generation.objects.filter(conversation=talk).order_by("created")
    assert [(row.model, row.state) for row in rows] == [(model, "queued") for model in MODELS]
    assert len({row.message.parent_id for row in rows if row.message}) == 1
    assert labels(talk) == list(MODELS)
    for answer in answers:
        write(answer, f"By {Generation.objects.get(message=answer).model}.")
    assert comparing.keep(alice, answers[1]) == answers[1].pk
    assert [message.content for message in branch(now(talk))] == ["Why?", "By beta-newt."]
    assert branch_out(now(talk))[-1].place is not None, "the others stay as versions"
    assert labels(talk) == []
    comparison = Comparison.objects.get()
    assert (comparison.kept_id, now(talk).comparison_id) == (answers[1].pk, None)
    actions.send(alice, talk.pk, uuid4(), "And then?")
    assert [message.content for message in branch(now(talk))[:3]] == ["Why?", "By beta-newt.", "And then?"]


def test_keeping_one_stops_those_that_still_run_and_keeps_what_they_wrote(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk)
    write(answers[0], "Done.")
    comparing.keep(alice, answers[0])
    states = dict(Generation.objects.exclude(purpose="title").values_list("model", "state"))
    assert states == {"alpha-newt": "done", "beta-newt": "cancelled", "gamma-newt": "cancelled"}
    assert Message.objects.filter(conversation=talk, removed=None).count() == 4


def test_one_that_still_runs_may_be_kept_and_goes_on(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk)
    comparing.keep(alice, answers[2])
    write(answers[2], "Slowly.")
    assert [message.content for message in branch(now(talk))] == ["Why?", "Slowly."]


def test_a_conversation_that_began_with_a_comparison_gets_its_title_with_the_kept_answer(
    alice: User, talk: Conversation
) -> None:
    answers = compared(alice, talk)
    for answer in answers:
        write(answer, "So.")
    assert not Generation.objects.filter(purpose="title").exists()
    comparing.keep(alice, answers[0])
    assert Generation.objects.get(purpose="title").model == "alpha-newt"


@pytest.mark.parametrize(
    "models", [(), ("alpha-newt",), ("alpha-newt", "alpha-newt"), ("a", "b", "c", "d", "e"), ("alpha-newt", "")]
)
def test_what_is_no_comparison_is_refused_and_leaves_no_trace(
    alice: User, talk: Conversation, models: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid):
        comparing.compare(alice, talk.pk, uuid4(), "Why?", models)
    assert not Message.objects.exists() and not Comparison.objects.exists()


def test_charlie_neither_compares_nor_keeps_and_a_guest_is_sent_to_sign_in(
    alice: User, charlie: User, talk: Conversation
) -> None:
    answers = compared(alice, talk)
    with pytest.raises(NotFound):
        comparing.compare(charlie, talk.pk, uuid4(), "Why?", MODELS)
    address = reverse("chat:keep-answer", args=[answers[0].pk])
    assert signed_in(charlie).post(address).status_code == 404
    assert "/login/" in Client().post(address)["Location"]
    assert now(talk).comparison_id is not None
    assert signed_in(alice).get(address).status_code == 405
    assert signed_in(alice).post(address).json() == {"head": str(answers[0].pk)}


def test_the_same_request_twice_is_one_comparison_and_is_told_again(alice: User, talk: Conversation) -> None:
    request = uuid4()
    first, second = at_once([lambda: comparing.compare(alice, talk.pk, request, "Why?", MODELS)] * 2)  # type: ignore[list-item]
    assert sorted([first.repeated, second.repeated]) == [False, True]
    assert first.generation == second.generation
    assert (Comparison.objects.count(), Generation.objects.count(), Message.objects.count()) == (1, 3, 4)
    told = comparing.retold(second, request)
    assert [event.type for event in told] == ["message.added", "comparison.shown", *["message.added"] * 3]


def test_what_one_model_is_refused_the_others_still_get(alice: User, talk: Conversation) -> None:
    alice.tier.weekly_tokens = 4_500
    alice.tier.save()
    answers = compared(alice, talk)
    states = dict(Generation.objects.values_list("model", "state"))
    assert states == {"alpha-newt": "queued", "beta-newt": "queued", "gamma-newt": "queued"}
    standing = budgets.standing(alice)
    assert standing is not None and standing.left == 0, "the third gets what is left"
    for answer in answers:
        actions.stop(Generation.objects.get(message=answer))
    alice.tier.weekly_tokens = 2_060
    alice.tier.save()
    compared(alice, talk)
    comparison = Comparison.objects.latest("created")
    rows = Generation.objects.filter(message__candidate__comparison=comparison).order_by("created")
    assert [row.state for row in rows] == ["queued", "queued", "failed"]
    assert rows[2].error_code == "budget_exceeded" and "not asked" in rows[2].error
    with pytest.raises(Invalid):
        comparing.keep(alice, Message.objects.get(generations=rows[2]))


def test_a_comparison_that_nobody_may_answer_leaves_no_trace(alice: User, talk: Conversation) -> None:
    alice.tier.weekly_tokens = 10
    alice.tier.save()
    with pytest.raises(LimitReached) as refusal:
        comparing.compare(alice, talk.pk, uuid4(), "Why?", MODELS)
    assert refusal.value.code == "budget_exceeded"
    assert not Message.objects.exists() and now(talk).head_id is None


def test_the_bound_of_the_queue_holds_for_each_answer(
    alice: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "QUEUE_MAX_WAITING", 2)
    compared(alice, talk)
    assert [row.state for row in Generation.objects.order_by("created")] == ["queued", "queued", "failed"]


def test_answers_beyond_ones_concurrency_wait_in_line(alice: User, talk: Conversation) -> None:
    assert alice.tier.concurrency == 2
    compared(alice, talk)
    node = Node.objects.create(name="mac", public_key=uuid4().bytes * 2).pk
    taken = [claim_one("session", node, list(MODELS)) for _ in range(3)]
    assert [one is not None for one in taken] == [True, True, False]


def test_names_stay_hidden_until_one_is_kept(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk, blind=True)
    assert labels(talk) == ["A", "B", "C"]
    write(answers[0], "By whom?")
    for answer in answers[1:]:
        actions.stop(Generation.objects.get(message=answer))
    secret = Generation.objects.get(message=answers[0]).model
    page = signed_in(alice).get(reverse("chat:conversation", args=[talk.pk])).content.decode()
    assert 'data-label="A"' in page and "By whom?" in page and secret not in page
    assert {message.model for _, message in reading.shown(now(talk)).answers} == {""}  # type: ignore[union-attr]
    comparing.keep(alice, answers[0])
    assert branch_out(now(talk))[-1].model == secret


def test_no_way_out_of_the_conversation_tells_hidden_names(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk, blind=True)
    for answer in answers:
        write(answer, "By whom?")
    secrets = [*Generation.objects.filter(message__in=answers).values_list("model", flat=True), "newt"]

    def told(text: str) -> list[str]:
        return [secret for secret in secrets if secret in text]

    client = signed_in(alice)
    assert not told(client.get(reverse("chat:context", args=[talk.pk])).content.decode()), "beside the composer"
    for kind, write_out in export.WRITERS.items():
        assert not told(write_out(now(talk)).decode()), kind
    shared, _token = sharing.share(now(talk))
    assert not told(json.dumps(shared.snapshot))
    copied = branches.fork(alice, answers[0])
    assert not told(str([one.model for one in branch_out(copied)]))
    assert [one.model for one in branch(now(talk))][-1] == "", "nor is it stored back"
    comparing.keep(alice, answers[0])
    assert told(export.as_json(now(talk)).decode()) == secrets, "once one is kept they are told"
    assert told(client.get(reverse("chat:context", args=[talk.pk])).content.decode())


def test_who_continues_an_answer_of_a_comparison_is_the_model_that_began_it(alice: User, talk: Conversation) -> None:
    actions.configure(talk, "other-newt", "", None)
    answers = compared(alice, talk, "alpha-newt", "beta-newt")
    write(answers[0], "Cut", reason="length")
    write(answers[1], "So.")
    asked = actions.go_on(alice, answers[0], uuid4())
    assert Generation.objects.get(pk=asked.generation).model == "alpha-newt"


def test_the_order_of_a_blind_comparison_is_chance(alice: User, talk: Conversation) -> None:
    orders = set()
    for _ in range(12):
        answers = compared(alice, talk, "a", "b", "c", "d", blind=True)
        orders.add(tuple(Candidate.objects.filter(message__in=answers).values_list("model", flat=True)))
        comparing.keep(alice, answers[0])
        actions.stop(Generation.objects.get(message=answers[0]))
    assert len(orders) > 1


def try_to_keep(user: User, answer: Message) -> UUID | str | None:
    """The end of what is shown, or why it was refused."""
    try:
        return comparing.keep(user, answer)
    except Invalid as refusal:
        return refusal.code


def test_of_two_devices_that_keep_different_ones_one_wins_and_both_agree(alice: User, talk: Conversation) -> None:
    for _ in range(6):
        answers = compared(alice, talk, "alpha-newt", "beta-newt")
        for answer in answers:
            write(answer, "So.")
        results = at_once([lambda a=answer: try_to_keep(alice, a) for answer in answers])  # type: ignore[misc]
        assert "comparison_over" in results
        (won,) = [result for result in results if isinstance(result, UUID)]
        assert now(talk).head_id == won == Comparison.objects.latest("created").kept_id
        assert comparing.keep(alice, Message.objects.get(pk=won)) == won, "again by the winner does no harm"


def test_keeping_while_answers_end_never_waits_for_ever(alice: User, talk: Conversation) -> None:
    for _ in range(5):
        answers = compared(alice, talk)
        rows = [Generation.objects.get(message=answer).pk for answer in answers]
        ends = [lambda row=row: generations.end_by_site(row, "cancelled") for row in rows]
        at_once([lambda kept=answers[0]: try_to_keep(alice, kept), *ends])  # type: ignore[misc, list-item]
        actions.stop(Generation.objects.get(pk=rows[0]))
        assert not Generation.objects.filter(state="queued", purpose="answer").exists()


def test_the_conversation_that_goes_on_without_choice_leaves_the_comparison(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk, blind=True)
    with pytest.raises(Invalid):
        actions.send(alice, talk.pk, uuid4(), "And then?")
    for answer in answers:
        write(answer, "So.")
    actions.send(alice, talk.pk, uuid4(), "And then?")
    assert labels(talk) == [] and not Generation.objects.filter(blind=True).exists()
    with pytest.raises(Invalid) as refusal:
        comparing.keep(alice, answers[1])
    assert refusal.value.code == "comparison_over"


def test_regenerate_edit_and_continue_behave(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk, "alpha-newt", "beta-newt", blind=True)
    write(answers[0], "Cut", reason="length")
    write(answers[1], "So.")
    branches.edit_answer(alice, answers[1], "Mine.")
    assert labels(talk) == ["A", "B"], "an edit leaves all as it is"
    asked = actions.go_on(alice, answers[0], uuid4())
    assert Generation.objects.get(pk=asked.generation).blind and labels(talk) == ["A", "B"]
    actions.stop(Generation.objects.get(pk=asked.generation))
    asked = actions.regenerate(alice, answers[0], uuid4())
    assert labels(talk) == [] and now(talk).head_id == asked.answer


def test_deleting_answers_of_a_comparison_and_bringing_them_back(alice: User, talk: Conversation) -> None:
    answers = compared(alice, talk)
    branches.remove(alice, answers[0])
    assert labels(talk) == ["beta-newt", "gamma-newt"]
    branches.remove(alice, answers[1])
    assert labels(talk) == [], "one alone is compared with nothing"
    assert now(talk).head_id == answers[2].pk
    branches.restore(alice, answers[0])
    assert labels(talk) == ["alpha-newt", "gamma-newt"]
    question = answers[0].parent
    assert question is not None
    branches.remove(alice, question)
    assert labels(talk) == [] and branch(now(talk)) == []


def test_a_look_at_another_branch_does_not_end_it(alice: User, talk: Conversation) -> None:
    first = actions.send(alice, talk.pk, uuid4(), "One?")
    generations.end_by_site(first.generation, "cancelled")
    second = actions.regenerate(alice, Message.objects.get(pk=first.answer), uuid4())
    generations.end_by_site(second.generation, "cancelled")
    answers = compared(alice, talk)
    branches.show(alice, Message.objects.get(pk=first.answer))
    assert labels(talk) == []
    branches.show(alice, answers[2])
    assert labels(talk) == list(MODELS)


def test_a_conversation_with_an_open_comparison_is_deleted_whole(alice: User, talk: Conversation) -> None:
    compared(alice, talk)
    keeping.discard(alice, [talk.pk])
    assert keeping.erase(alice, [talk.pk]) == 1
    assert not Comparison.objects.exists() and not Candidate.objects.exists()


def test_the_account_goes_with_its_comparisons(alice: User, talk: Conversation) -> None:
    compared(alice, talk)
    alice.delete()
    assert not Conversation.objects.exists() and not Comparison.objects.exists()


def test_the_ordinary_way_asks_the_database_no_more(alice: User, talk: Conversation) -> None:
    def ask() -> None:
        asked = actions.send(alice, talk.pk, uuid4(), "Why?")
        generations.end_by_site(asked.generation, "cancelled")

    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    assert not [one for one in queries if "chat_candidate" in one["sql"] or "chat_comparison" in one["sql"]]


def test_the_page_of_a_comparison_opens_for_alice_alone(alice: User, charlie: User, talk: Conversation) -> None:
    answers = compared(alice, talk)
    address = reverse("chat:conversation", args=[talk.pk])
    page = signed_in(alice).get(address).content.decode()
    assert page.count('class="message"') >= 4 and all(str(answer.pk) in page for answer in answers)
    assert signed_in(charlie).get(address).status_code == 404
    assert tree.path(tree.read(talk.pk), now(talk).head_id)[-1] == answers[0].pk
    assert json.loads(signed_in(alice).get(reverse("chat:list")).content)["conversations"][0]["title"] == "Why?"


def preferences(olga: User, narrowed: dict[str, str]) -> Any:
    page: Any = signed_in(olga).get(reverse("admin:chat_rating_changelist"), narrowed)
    return page.context_data["preferences"]


def test_what_people_keep_counts_in_the_operators_overview(olga: User, alice: User, talk: Conversation) -> None:
    for kept in (0, 0, 1):
        answers = compared(alice, talk, "alpha-newt", "beta-newt")
        for answer in answers:
            write(answer, "So.")
        comparing.keep(alice, answers[kept])
    compared(alice, talk, "beta-newt", "gamma-newt")
    address = reverse("admin:chat_rating_changelist")
    lines = preferences(olga, {})
    assert [(line.name, line.compared, line.kept) for line in lines] == [("alpha-newt", 3, 2), ("beta-newt", 3, 1)]
    before = {"updated__lt": "2020-01-01 00:00:00+00:00"}
    assert preferences(olga, before) == []
    for nonsense in ({"updated__gte": "x"}, {"updated__foo": "1"}, {"updated__year": "2026"}):
        assert signed_in(olga).get(address, nonsense).status_code in (200, 302)
