"""Older turns summed up: in the background or by hand, on the branch they lie on, and never at the cost of what was said."""

import datetime
from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from chat import actions, branches
from chat.context import actions as memory
from chat.context.figures import figures
from chat.context.summaries import MOST_CHARACTERS
from chat.messages import branch_out
from chat.models import Checkpoint, Generation, Message
from chat.moderating.texts import ChatTexts
from meatlizard.accounts.models import Tier, User
from meatlizard.budgets.models import Reservation, WeeklyUse
from meatlizard.errors import Invalid, LimitReached
from tests.chat.context.makers import (
    SAID,
    Machine,
    Talk,
    summary,
    summed_up,
    summed_up_after_three,
    system,
    texts,
)
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


# --- summaries --------------------------------------------------------------------------------------------------------


@override_settings(SUMMARY_AT=50)
def test_a_filling_window_has_its_older_turns_summed_up_in_the_background(talk: Talk) -> None:
    talk.ask()
    talk.ask()
    assert not Checkpoint.objects.exists(), "there is room yet"
    last = talk.ask()
    pending = summary(talk.pk)
    assert pending is not None
    assert (pending.text, pending.by_hand) == ("", False)
    job = talk.machine.claim()
    assert texts(job)[0].startswith("The conversation:\n\nUser: word")
    assert job.message is None
    talk.machine.end(job, SAID)
    made = summary(talk.pk)
    assert made is not None
    assert (made.text, made.model) == (SAID, "tiny")
    assert Message.objects.filter(conversation=talk.pk).count() == 6, "nothing is lost"
    claimed = talk.claimed()
    assert SAID in system(claimed)
    assert texts(claimed)[-2:] == [last.content, "And now?"]
    talk.machine.end(claimed, "Yes.")
    replaced = next(out for out in branch_out(talk.row) if out.checkpoint)
    assert replaced.checkpoint is not None
    assert (replaced.checkpoint.text, replaced.checkpoint.current, replaced.checkpoint.stale) == (SAID, True, False)
    assert (
        f"Of the {replaced.checkpoint.count} oldest messages the model read a summary"
        in branch_out(talk.row)[-1].notice
    )


@override_settings(SUMMARY_AT=50)
def test_a_question_does_not_wait_for_a_summary_and_goes_before_it(talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    claimed = talk.claimed()
    assert claimed.message is not None, "the question goes first"
    assert SAID not in system(claimed)


@pytest.mark.parametrize("off", ["operator", "owner"])
def test_who_wants_no_summaries_gets_none(alice: User, talk: Talk, off: str) -> None:
    if off == "owner":
        memory.by_themselves(alice, talk.row, False)
    with override_settings(SUMMARY_AT=0 if off == "operator" else 50):
        for _ in range(5):
            talk.ask()
    assert not Checkpoint.objects.exists()


def test_later_summaries_build_upon_earlier_ones(talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    first = summed_up(talk)
    for _ in range(2):
        talk.ask()
    memory.summarise(talk.owner, talk.row)
    job = talk.machine.claim()
    assert SAID in texts(job)[0]
    talk.machine.end(job, "More.")
    second = summary(talk.pk)
    assert second is not None
    assert second.pk != first.pk
    blocks = [out.checkpoint for out in branch_out(talk.row) if out.checkpoint]
    assert [(block.text, block.current) for block in blocks] == [(SAID, False), ("More.", True)]
    claimed = talk.claimed()
    assert "More." in system(claimed)
    assert SAID not in system(claimed)


def test_a_summary_holds_for_the_branch_it_lies_on(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "Because.")
    for _ in range(3):
        talk.ask()
    summed_up(talk)
    other = actions.edit_question(alice, first.parent, uuid4(), "How?")  # type: ignore[arg-type]
    claimed = talk.machine.claim()
    assert claimed.generation == other.generation
    assert SAID not in system(claimed)
    assert texts(claimed) == ["How?"]


def test_a_copy_of_a_branch_has_its_summaries_and_pins(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    summed_up(talk)
    last = talk.ask()
    memory.pin(alice, last)
    copy = branches.fork(alice, last)
    blocks = [out.checkpoint for out in branch_out(copy) if out.checkpoint]
    assert [block.text for block in blocks] == [SAID]
    assert [out.pinned for out in branch_out(copy)][-1]


def test_a_summary_is_changed_by_hand_and_deleted_with_nothing_lost(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    row = summed_up(talk)
    memory.edit(alice, row, "In my own words.")
    claimed = talk.claimed()
    assert "In my own words." in system(claimed)
    talk.machine.end(claimed, "Yes.")
    memory.delete(alice, row)
    claimed = talk.claimed()
    assert "In my own words." not in system(claimed)
    assert len(texts(claimed)) == 9, "the full history counts again"
    assert talk.row.summaries, "it was asked for by hand"


@override_settings(SUMMARY_AT=50)
def test_what_came_by_itself_and_was_deleted_does_not_come_again(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    talk.machine.end(talk.machine.claim(), SAID)
    row = summary(talk.pk)
    assert row is not None
    memory.delete(alice, row)
    assert not talk.row.summaries
    talk.ask()
    assert not Checkpoint.objects.exists()


def test_an_answer_edited_afterwards_makes_its_summary_stale(alice: User, talk: Talk) -> None:
    first = talk.ask()
    for _ in range(2):
        talk.ask()
    summed_up(talk)
    branches.edit_answer(alice, first, "Something else.")
    assert [out.checkpoint.stale for out in branch_out(talk.row) if out.checkpoint] == [True]


@pytest.mark.parametrize("text", ["", "   ", "x" * 1_000_000])
def test_an_empty_or_too_long_summary_changes_nothing(alice: User, talk: Talk, text: str) -> None:
    row = summed_up_after_three(talk)
    for bad in (text, "y" * 20_001):
        with pytest.raises(Invalid):
            memory.edit(alice, row, bad)
    assert Checkpoint.objects.get().text == SAID


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    [
        ("  \n ", "stop", "wrote nothing"),
        ("x" * (MOST_CHARACTERS + 1), "stop", "longer than a summary"),
        ("It was about", "length", "came to no end"),
        ("", "failed", "It broke."),
    ],
)
def test_a_summary_that_fails_changes_nothing_and_says_why(talk: Talk, text: str, reason: str, why: str) -> None:
    for _ in range(3):
        talk.ask()
    memory.summarise(talk.owner, talk.row)
    talk.machine.end(talk.machine.claim(), text, 900, reason)
    assert not Checkpoint.objects.exists()
    assert not Message.objects.filter(summed_up=True).exists()
    assert why in figures(talk.row).problem
    assert len(texts(talk.claimed())) == 7


@override_settings(SUMMARY_AT=50)
def test_after_a_failure_none_comes_by_itself_for_a_while(talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    talk.machine.end(talk.machine.claim(), "")
    talk.ask()
    assert not Checkpoint.objects.exists()
    Generation.objects.filter(purpose="summary").update(created=timezone.now() - datetime.timedelta(hours=2))
    talk.ask()
    assert Checkpoint.objects.exists()


def test_one_summary_at_a_time(talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    memory.summarise(talk.owner, talk.row)
    with pytest.raises(Invalid) as refused:
        memory.summarise(talk.owner, talk.row)
    assert refused.value.code == "summary_running"
    assert Checkpoint.objects.count() == Generation.objects.filter(purpose="summary").count() == 1


def test_too_little_is_not_summed_up(alice: User, talk: Talk) -> None:
    for _ in range(2):
        with pytest.raises(Invalid) as refused:
            memory.summarise(alice, talk.row)
        assert refused.value.code == "too_short"
        talk.ask() if not Message.objects.exists() else None


def test_one_that_is_being_written_can_be_called_off(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    pending = memory.summarise(alice, talk.row)
    pending.refresh_from_db()
    memory.delete(alice, pending)
    assert not Checkpoint.objects.exists()
    assert Generation.objects.get(purpose="summary").state == "cancelled"
    assert talk.machine.nothing_to_claim()
    assert not Reservation.objects.exists()


def test_called_off_in_mid_writing_its_text_has_no_place(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    pending = memory.summarise(alice, talk.row)
    job = talk.machine.claim()
    pending.refresh_from_db()
    memory.delete(alice, pending)
    talk.machine.end(job, SAID)
    assert not Checkpoint.objects.exists()
    assert not Message.objects.filter(summed_up=True).exists()


def test_a_conversation_longer_than_the_window_is_summed_up_from_its_beginning(alice: User, machine: Machine) -> None:
    talk = Talk(alice, machine)
    with override_settings(SUMMARY_AT=0):
        for _ in range(8):
            talk.ask()
    memory.summarise(alice, talk.row)
    wanted = Checkpoint.objects.get().message_id
    job = machine.claim()
    assert Checkpoint.objects.get().message_id != wanted, "as much as it reads at once"
    assert sum(len(message.content) for message in job.messages) < 4 * machine.window
    machine.end(job, SAID, 900)
    assert summary(talk.pk) is not None


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_a_summary_costs_what_an_answer_would(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    before = WeeklyUse.objects.get()
    memory.summarise(alice, talk.row)
    assert WeeklyUse.objects.get().reserved > 0
    talk.machine.end(talk.machine.claim(), SAID, 900, wrote=50)
    after = WeeklyUse.objects.get()
    assert (after.used, after.reserved) == (before.used + 950, 0)


def test_a_failed_summary_is_free(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    before = WeeklyUse.objects.get().used
    memory.summarise(alice, talk.row)
    talk.machine.end(talk.machine.claim(), "")
    after = WeeklyUse.objects.get()
    assert (after.used, after.reserved) == (before, 0)


def test_without_tokens_left_one_is_refused_by_hand_and_left_undone_by_itself(alice: User, talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    used = WeeklyUse.objects.get().used
    alice.tier = Tier.objects.create(name="small", title="Small", weekly_tokens=used + 100, storage_bytes=0)
    alice.save()
    with pytest.raises(LimitReached, match="next week begins"):
        memory.summarise(alice, talk.row)
    assert not Checkpoint.objects.exists()
    assert not Generation.objects.filter(purpose="summary").exists()


@pytest.mark.parametrize(("action", "shown"), [("block", None), ("mask", "They spoke of █████, and decided to go on.")])
def test_what_a_rule_forbids_models_to_write_stands_in_no_summary(
    talk: Talk, rule: Switching, action: str, shown: str | None
) -> None:
    for _ in range(3):
        talk.ask()
    rule(action, words="words", scope="out")
    memory.summarise(talk.owner, talk.row)
    talk.machine.end(talk.machine.claim(), SAID)
    made = summary(talk.pk)
    assert (made.text if made else None) == shown


def test_what_moderators_hide_is_read_in_no_summary_either(talk: Talk) -> None:
    made = summed_up_after_three(talk)
    first = Message.objects.filter(conversation=talk.pk).order_by("created")[1]
    last = Message.objects.get(pk=talk.row.head_id)
    texts_of_chat = ChatTexts()
    assert texts_of_chat.write(f"message:{last.pk}", "Behind it.")
    assert summary(talk.pk) == made, "a summary that does not stand for it stays"
    assert texts_of_chat.write(f"message:{first.pk}", "")
    assert summary(talk.pk) is None and not Message.objects.filter(summed_up=True).exists()
    assert SAID not in system(talk.claimed())


def test_a_summary_that_is_being_written_of_what_moderators_hide_comes_to_nothing(talk: Talk) -> None:
    for _ in range(3):
        talk.ask()
    memory.summarise(talk.owner, talk.row)
    job = talk.machine.claim()
    first = Message.objects.filter(conversation=talk.pk).order_by("created")[0]
    assert ChatTexts().remove(f"message:{first.pk}")
    talk.machine.end(job, SAID)
    assert summary(talk.pk) is None and not Reservation.objects.exists()
