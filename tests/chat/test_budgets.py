"""Answers and the week's tokens: what is asked is set aside, what ends is settled, and a refusal leaves no trace."""

import pytest

from chat import actions, generations
from chat.allowance import USUAL_ANSWER
from chat.generations import Outcome
from chat.models import Conversation, Generation, Message
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import Tier, User
from meatlizard.budgets.models import Reservation, WeeklyUse
from meatlizard.errors import LimitReached
from tests.chat.makers import Asking, Pairing, claim_one

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

USAGE = Usage(prompt_tokens=300, completion_tokens=70, cached_tokens=250)


@pytest.fixture
def alice(alice: User) -> User:
    """With 5,000 tokens a week."""
    alice.tier = Tier.objects.create(name="small", title="Small", weekly_tokens=5_000, storage_bytes=0, concurrency=9)
    alice.save()
    return alice


def week(user: User) -> tuple[int, int]:
    """(used, reserved)."""
    row = WeeklyUse.objects.get(user=user)
    return row.used, row.reserved


def end(row: Generation, pair: Pairing, outcome: Outcome) -> None:
    node = pair("tiny", session="one")
    claimed = claim_one("one", node.pk, ["tiny"])
    assert claimed is not None
    assert claimed.generation == row.pk
    assert generations.finish(row.pk, claimed.epoch, "yes", outcome)


def test_an_answer_costs_what_was_read_anew_and_written(alice: User, ask: Asking, pair: Pairing) -> None:
    row = ask(alice, "Why?")
    assert week(alice) == (0, len("Why?") // 4 + 1 + USUAL_ANSWER)
    end(row, pair, Outcome("stop", USAGE))
    assert week(alice) == (120, 0)


def test_a_failed_answer_costs_nothing(alice: User, ask: Asking, pair: Pairing) -> None:
    end(ask(alice), pair, Outcome("failed", USAGE, error_code="x"))
    assert week(alice) == (0, 0)


def test_a_stopped_answer_costs_what_was_written(alice: User, ask: Asking, pair: Pairing) -> None:
    end(ask(alice), pair, Outcome("cancelled", USAGE))
    assert week(alice) == (120, 0)


def test_a_question_taken_back_before_it_began_costs_nothing(alice: User, ask: Asking) -> None:
    actions.stop(ask(alice))
    assert week(alice) == (0, 0)
    assert not Reservation.objects.exists()


def test_deleting_a_conversation_gives_back_what_was_set_aside(alice: User, ask: Asking) -> None:
    row = ask(alice)
    actions.delete(row.conversation)
    assert week(alice) == (0, 0)
    assert not Reservation.objects.exists()


def test_a_question_beyond_the_budget_is_refused_and_leaves_no_trace(alice: User, ask: Asking) -> None:
    conversation = actions.create_conversation(alice)
    for _ in range(2):
        ask(alice)
    before = week(alice)
    with pytest.raises(LimitReached) as refused:
        ask(alice, "x" * 4_000, conversation)
    assert refused.value.code == "budget_exceeded"
    assert week(alice) == before
    assert Reservation.objects.count() == Generation.objects.count() == 2
    assert not Message.objects.filter(conversation=conversation).exists()
    assert Conversation.objects.get(pk=conversation.pk).title == ""


def test_the_last_answer_of_the_week_is_cut_to_what_is_left(alice: User, ask: Asking) -> None:
    for _ in range(2):
        ask(alice)
    left = 5_000 - week(alice)[1]
    row = ask(alice, "Why?")
    assert row.sampling == {"max_tokens": left - 2}
    assert week(alice) == (0, 5_000)


def test_a_long_conversation_sets_aside_what_it_reads_again(alice: User, ask: Asking, pair: Pairing) -> None:
    first = ask(alice, "Why?")
    end(first, pair, Outcome("stop", USAGE))
    ask(alice, "And?", first.conversation)
    assert week(alice) == (120, 2 + 300 + 70 + USUAL_ANSWER)


def test_markov_is_free(alice: User, ask: Asking) -> None:
    ask(alice, offline="markov")
    assert not WeeklyUse.objects.exists()


def test_asking_the_same_twice_sets_aside_once(alice: User, ask: Asking) -> None:
    row = ask(alice)
    assert row.request is not None
    assert actions.send(alice, row.conversation_id, row.request, "Why?").repeated
    assert Reservation.objects.count() == 1
