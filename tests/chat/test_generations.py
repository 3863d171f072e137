"""The life of a generation: order, fairness, fencing, resumption, ending."""

import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import actions, generations, nodes, queueing
from chat import messages as turns
from chat.generations import Outcome, Piece
from chat.models import Chunk, Conversation, Generation, Message
from chat.moderating import outgoing as judging
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.jobs.lease import State
from tests.chat.makers import Asking, Pairing, claim_one, held, hello

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

USAGE = Usage(prompt_tokens=5, completion_tokens=3, prompt_seconds=0.1, completion_seconds=0.2)


def outcome(reason: str = "stop") -> Outcome:
    return Outcome(reason, USAGE, answered_by="tiny", html="<p>done</p>")


def state_of(generation: Generation) -> str:
    return Generation.objects.get(pk=generation.pk).state


def expire(generation: Generation) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    assert Generation.objects.filter(pk=generation.pk).update(lease_until=past) == 1


def test_first_asked_is_first_claimed(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    first, second = ask(alice), ask(bob)
    claims = [claim_one("one", node.pk, ["tiny"]) for _ in range(3)]
    assert [claim.generation if claim else None for claim in claims] == [first.pk, second.pk, None]


def test_nobodys_second_goes_before_a_newcomers_first(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    first, second, newcomer = ask(alice), ask(alice), ask(bob)
    order = [claim_one("one", node.pk, ["tiny"]) for _ in range(3)]
    assert [claim.generation for claim in order if claim] == [first.pk, newcomer.pk, second.pk]


def test_a_second_that_waited_long_enough_goes_before_a_newcomer(
    alice: User, bob: User, ask: Asking, pair: Pairing
) -> None:
    node = pair("tiny")
    first, second = ask(alice), ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert claim.generation == first.pk
    Generation.objects.filter(pk=second.pk).update(rank=second.rank - 120_000)
    ask(bob)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert claim.generation == second.pk


def test_a_user_at_his_limit_waits_while_others_go(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    for _ in range(alice.tier.concurrency):
        ask(alice)
        assert claim_one("one", node.pk, ["tiny"])
    ask(alice)
    newcomer = ask(bob)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert claim.generation == newcomer.pk
    assert claim_one("one", node.pk, ["tiny"]) is None


def test_a_node_gets_only_what_its_models_can_answer(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    conversation = actions.create_conversation(alice, model="large")
    ask(alice, conversation=conversation)
    assert claim_one("one", node.pk, ["tiny"]) is None
    assert claim_one("one", node.pk, ["large"]) is not None


def test_text_appended_is_the_text_stored_and_becomes_the_message(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert generations.append([Piece(claim.generation, claim.epoch, 0, "Hé")]) == set()
    assert generations.append([Piece(claim.generation, claim.epoch, 2, "llo 🦎")]) == set()
    assert state_of(asked) == State.STREAMING
    assert generations.stored(claim.generation).text == "Héllo 🦎"
    assert generations.finish(claim.generation, claim.epoch, "Héllo 🦎", outcome())
    message = Message.objects.get(pk=claim.message)
    assert (message.content, message.html, message.tokens, message.model) == ("Héllo 🦎", "<p>done</p>", 3, "tiny")
    assert state_of(asked) == State.DONE
    assert not Chunk.objects.exists()


def test_who_lost_the_lease_cannot_write(alice: User, ask: Asking, pair: Pairing) -> None:
    old, new = pair("tiny"), pair("tiny", session="two")
    asked = ask(alice)
    stale = claim_one("one", old.pk, ["tiny"])
    assert stale is not None
    assert generations.append([Piece(stale.generation, stale.epoch, 0, "One ")]) == set()
    expire(asked)
    assert generations.reap().requeued == [asked.pk]
    claim = claim_one("two", new.pk, ["tiny"])
    assert claim is not None
    assert claim.prefix == "One "
    assert generations.append([Piece(stale.generation, stale.epoch, 4, "late")]) == {asked.pk}
    assert not generations.finish(stale.generation, stale.epoch, "One late", outcome())
    assert generations.append([Piece(claim.generation, claim.epoch, 4, "two")]) == set()
    assert generations.finish(claim.generation, claim.epoch, "One two", outcome())
    assert Message.objects.get(pk=claim.message).content == "One two"


def test_a_chunk_is_stored_once(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.append([Piece(claim.generation, claim.epoch, 0, "a")])
    generations.append([Piece(claim.generation, claim.epoch, 0, "ab")])
    generations.append([Piece(claim.generation, claim.epoch, 0, "a")])
    assert generations.stored(claim.generation).text == "ab"


def test_three_attempts_then_failed_with_the_text_kept(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    for attempt in range(3):
        claim = claim_one("one", node.pk, ["tiny"])
        assert claim is not None
        generations.append([Piece(claim.generation, claim.epoch, attempt, "x")])
        expire(asked)
        generations.reap()
    row = Generation.objects.get(pk=asked.pk)
    assert (row.state, row.error_code, row.attempts) == (State.FAILED, "interrupted", 3)
    assert Message.objects.get(pk=asked.message_id).content == "xxx"
    assert claim_one("one", node.pk, ["tiny"]) is None


def test_reaping_leaves_live_leases_alone(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    assert claim_one("one", node.pk, ["tiny"])
    assert not generations.reap()
    assert state_of(asked) == State.LEASED


def test_a_returning_node_goes_on_under_a_new_epoch(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.append([Piece(claim.generation, claim.epoch, 0, "stored")])
    taken = nodes.connected(node.pk, "one-again", hello(holding=(held(asked.pk, claim.epoch, 10),)))
    assert taken is not None
    assert [(row.generation, row.text) for row in taken] == [(asked.pk, "stored")]
    assert taken[0].epoch > claim.epoch
    assert generations.append([Piece(asked.pk, claim.epoch, 6, "old")]) == {asked.pk}
    assert generations.append([Piece(asked.pk, taken[0].epoch, 6, " new")]) == set()


def test_a_node_whose_welcome_was_lost_may_resume_with_the_epoch_it_knows(
    alice: User, ask: Asking, pair: Pairing
) -> None:
    node = pair("tiny")
    asked = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    for session in ("two", "three"):
        taken = nodes.connected(node.pk, session, hello(holding=(held(asked.pk, claim.epoch, 0),)))
        assert taken is not None
        assert [row.generation for row in taken] == [asked.pk]


def test_a_node_that_came_back_without_its_work_gives_it_back(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    assert claim_one("one", node.pk, ["tiny"])
    assert nodes.connected(node.pk, "two", hello()) == []
    assert state_of(asked) == State.QUEUED


def test_a_returning_node_is_known_to_be_at_the_model_it_was_given(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("alpha", "beta")
    row = ask(alice)
    assert row.model == ""
    claimed = claim_one("one", node.pk, ["beta"])
    assert claimed is not None
    taken = generations.resume("again", node.pk, row.pk, claimed.epoch)
    assert taken is not None
    assert (claimed.model, taken.model) == ("beta", "beta")


def test_a_stranger_node_cannot_resume_anothers_generation(alice: User, ask: Asking, pair: Pairing) -> None:
    owner, stranger = pair("tiny"), pair("tiny", session="two")
    asked = ask(alice)
    claim = claim_one("one", owner.pk, ["tiny"])
    assert claim is not None
    assert nodes.connected(stranger.pk, "three", hello(holding=(held(asked.pk, claim.epoch, 0),))) == []
    assert Generation.objects.get(pk=asked.pk).node_id == owner.pk


def test_stopping_a_waiting_answer_ends_it_at_once(alice: User, ask: Asking) -> None:
    asked = ask(alice)
    actions.stop(asked)
    assert state_of(asked) == State.CANCELLED


def test_stopping_a_running_answer_waits_for_its_node(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    actions.stop(Generation.objects.get(pk=asked.pk))
    assert state_of(asked) == State.LEASED
    assert generations.stops_wanted("one") == [asked.pk]
    assert generations.finish(asked.pk, claim.epoch, "so f", outcome("cancelled"))
    assert state_of(asked) == State.CANCELLED
    assert Message.objects.get(pk=asked.message_id).content == "so f"


def test_a_stopped_answer_of_a_vanished_node_ends_as_stopped(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    assert claim_one("one", node.pk, ["tiny"])
    actions.stop(Generation.objects.get(pk=asked.pk))
    expire(asked)
    assert generations.reap().cancelled == [asked.pk]


def test_the_same_request_asks_once(alice: User) -> None:
    conversation = actions.create_conversation(alice)
    request = uuid4()
    first = actions.send(alice, conversation.pk, request, "Why?")
    again = actions.send(alice, conversation.pk, request, "Why?")
    assert again.repeated
    assert again.generation == first.generation
    assert Message.objects.count() == 2


def test_the_queue_takes_as_many_as_it_says_and_the_next_is_refused_without_a_trace(
    alice: User, ask: Asking, settings: object
) -> None:
    settings.QUEUE_MAX_WAITING = 3  # type: ignore[attr-defined]
    for _ in range(3):
        ask(alice)
    conversation = actions.create_conversation(alice)
    with pytest.raises(LimitReached) as refusal:
        actions.send(alice, conversation.pk, uuid4(), "One more?")
    assert refusal.value.code == "queue_full"
    assert not conversation.messages.exists()
    assert Generation.objects.count() == 3


def test_one_answer_at_a_time_in_a_conversation(alice: User, ask: Asking) -> None:
    asked = ask(alice)
    with pytest.raises(Invalid) as refusal:
        actions.send(alice, asked.conversation.pk, uuid4(), "And?")
    assert refusal.value.code == "answer_running"


def test_the_first_answer_asks_for_a_title_that_goes_last(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice, "What is a lizard?")
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(asked.pk, claim.epoch, "A reptile.", outcome())
    later = ask(bob)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert claim.generation == later.pk
    title = claim_one("one", node.pk, ["tiny"])
    assert title is not None
    assert title.message is None
    assert title.messages[-1].content == "What is a lizard?"
    generations.finish(title.generation, title.epoch, '"Lizards, explained."\n', outcome())
    asked.conversation.refresh_from_db()
    assert asked.conversation.title == "Lizards, explained"


def test_a_title_that_ends_while_an_administrator_takes_over_tells_of_the_administrator(
    alice: User, ask: Asking, pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row in hand says which model it was; somebody else has chosen another one since, and the page must not go back."""
    node = pair("tiny")
    asked = ask(alice, "What is a lizard?")
    answer = claim_one("one", node.pk, ["tiny"])
    assert answer is not None
    generations.finish(answer.generation, answer.epoch, "A reptile.", outcome())
    title = claim_one("one", node.pk, ["tiny"])
    assert title is not None and title.message is None
    told: list[tuple[str, str]] = []
    judged = judging.judged

    def meanwhile(text: str, thinking: int) -> Any:
        # Within the ending transaction, after the row was read: only so the race is there every time.
        Conversation.objects.filter(pk=asked.conversation_id).update(model="@administrator")
        return judged(text, thinking)

    monkeypatch.setattr(judging, "judged", meanwhile)
    changed = turns.conversation_changed

    def noted(conversation: Conversation) -> Any:
        told.append((conversation.title, conversation.model))
        return changed(conversation)

    monkeypatch.setattr(turns, "conversation_changed", noted)
    generations.finish(title.generation, title.epoch, "Lizards", outcome())
    assert told == [("Lizards", "@administrator")]


def test_a_title_given_by_hand_stays(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(asked.pk, claim.epoch, "Because.", outcome())
    title = claim_one("one", node.pk, ["tiny"])
    assert title is not None
    actions.rename(asked.conversation, "Mine")
    generations.finish(title.generation, title.epoch, "Theirs", outcome())
    asked.conversation.refresh_from_db()
    assert asked.conversation.title == "Mine"


def test_who_waits_at_his_limit_has_a_place_in_the_line(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    for _ in range(alice.tier.concurrency):
        ask(alice)
        assert claim_one("one", node.pk, ["tiny"])
    waiting = ask(alice)
    events = queueing.snapshot().queued_events()
    assert [(event.generation, event.position) for event in events] == [(waiting.pk, 1)]
