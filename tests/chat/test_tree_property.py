"""No sequence of what people do to a conversation loses a message, breaks what is shown, or leaves a deleted one in sight."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import actions, branches, tree
from chat.comparing import actions as comparing
from chat.comparing import reading
from chat.messages import branch, branch_out
from chat.models import Candidate, Comparison, Conversation, Generation, Message
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "again", "ask-again", "show", "edit", "remove", "restore", "fork", "compare", "keep"]),
        st.integers(0, 1_000_000),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_tree_stays_whole(alice: User, steps: list[tuple[str, int]]) -> None:
    talk = actions.create_conversation(alice).pk
    gone: set[UUID] = set()
    for verb, number in steps:
        made_before = set(Message.objects.filter(conversation=talk).values_list("pk", flat=True))
        gone = carry_out(alice, talk, verb, number, gone)
        # Whoever answers is not there: each answer ends at once, so that the next may be asked for.
        for generation in Generation.objects.filter(conversation=talk, state="queued"):
            actions.stop(generation)
        check(talk, made_before, gone)
    for row in Message.objects.filter(conversation=talk).exclude(removed=None).order_by("created"):
        row.refresh_from_db()
        if row.removed:
            branches.restore(alice, row)
    check(talk, set(), set())
    Conversation.objects.all().delete()


def carry_out(alice: User, talk: UUID, verb: str, number: int, gone: set[UUID]) -> set[UUID]:
    """Does ``verb`` to a message that ``number`` chooses; returns the keys of what is deleted now."""
    if verb == "send":
        actions.send(alice, talk, uuid4(), f"Question {number}")
        return gone
    if verb == "compare":
        asked = comparing.compare(
            alice, talk, uuid4(), f"Which {number}", ["a", "b", "c"][: 2 + number % 2], number % 3 == 0
        )
        if number % 5 == 0:
            keep(alice, Message.objects.get(pk=asked.answer))
        return gone
    rows = Message.objects.filter(conversation=talk).order_by("created", "pk")
    if verb == "restore":
        return gone - restored(alice, [row for row in rows if row.pk in gone], number)
    there = [row for row in rows if row.pk not in gone]
    wanted = {"keep": "assistant", "again": "assistant", "edit": "assistant", "ask-again": "user"}.get(verb)
    there = [row for row in there if wanted in (None, row.role)]
    if not there:
        return gone
    row = there[number % len(there)]
    if verb == "remove":
        under = set(tree.below(tree.read(talk), row.pk))
        assert branches.remove(alice, row) == len(under)
        return gone | under
    if verb == "show":
        assert branches.show(alice, row) is not None
        assert row.pk in {message.pk for message in branch(Conversation.objects.get(pk=talk))}
    elif verb == "fork":
        before = len(tree.path(tree.read(talk), row.pk))
        copy = branches.fork(alice, row)
        assert len(branch(copy)) == before
    elif verb == "keep":
        keep(alice, row)
    elif verb == "again":
        actions.regenerate(alice, row, uuid4())
    elif verb == "ask-again":
        actions.edit_question(alice, row, uuid4(), f"Other {number}")
    else:
        branches.edit_answer(alice, row, f"Edited {number}")
    return gone


def keep(alice: User, row: Message) -> None:
    """Of the open comparison one with some text is kept and shown, once; everything else is refused and changes nothing."""
    before = Conversation.objects.get(pk=row.conversation_id)
    candidate = Candidate.objects.filter(message=row, comparison=before.comparison_id).first()
    try:
        comparing.keep(alice, row)
    except Invalid:
        after = Conversation.objects.get(pk=before.pk)
        assert (after.head_id, after.comparison_id) == (before.head_id, before.comparison_id)
        return
    if candidate is not None:
        after = Conversation.objects.get(pk=before.pk)
        assert after.comparison_id is None
        assert Comparison.objects.get(pk=before.comparison_id).kept_id == row.pk
        assert row.pk in {message.pk for message in branch(after)}


def restored(alice: User, rows: list[Message], number: int) -> set[UUID]:
    """The keys of what came back; none where something above it was deleted later."""
    if not rows:
        return set()
    row = rows[number % len(rows)]
    together = set(Message.objects.filter(removed=row.removed).values_list("pk", flat=True))
    try:
        branches.restore(alice, row)
    except Invalid:
        return set()
    return together


def check(talk: UUID, made_before: set[UUID], gone: set[UUID]) -> None:
    row = Conversation.objects.get(pk=talk)
    messages = {message.pk: message for message in Message.objects.filter(conversation=talk)}
    assert made_before <= messages.keys(), "nothing is lost"
    assert {pk for pk, message in messages.items() if message.removed} == gone
    shown = branch(row)
    assert not gone & {message.pk for message in shown}
    there = messages.keys() - gone
    assert bool(shown) == bool(there), "something is shown while there is something"
    assert [message.parent_id for message in shown] == [None, *(message.pk for message in shown[:-1])][: len(shown)]
    if shown:
        assert not any(messages[pk].parent_id == shown[-1].pk for pk in there), "what is shown goes to an end"
    compared = reading.shown(row)
    if compared is not None:
        answers = {out.id for _, out in compared.answers}
        assert row.head_id in answers and not answers & gone and len(answers) >= 2
        assert {messages[pk].parent_id for pk in answers} == {shown[-1].parent_id}
    hidden = Generation.objects.filter(conversation=talk, blind=True)
    assert row.comparison_id or not hidden.exists(), "no name stays hidden once there is nothing to choose"
    for out in branch_out(row):
        siblings = [pk for pk in there if messages[pk].parent_id == out.parent]
        assert (out.place.count if out.place else 1) == len(siblings)
