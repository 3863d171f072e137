"""Many at the same moment: nobody gets what another has, nobody gets more than the limit, nobody's question is stored by halves."""

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from chat import actions, claims, generations, keeping
from chat.models import Conversation, Generation, Message, Node
from chat.sharing import actions as sharing
from meatlizard.accounts.models import User
from meatlizard.errors import LimitReached
from meatlizard.jobs.lease import State
from tests.chat.makers import claim_one
from tests.people import person
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

CLAIMERS = 8
ROWS = 200


def waiting_rows(people: Sequence[User], count: int, concurrency: int = 1_000) -> set[UUID]:
    """Puts ``count`` answers into the queue past its bound."""
    made = set()
    for number in range(count):
        user = people[number % len(people)]
        conversation = Conversation.objects.create(owner=user, updated=timezone.now())
        question = Message.objects.create(
            conversation=conversation, role="user", source="person", content="Why?", created=timezone.now()
        )
        answer = Message.objects.create(
            conversation=conversation, parent=question, role="assistant", source="model", created=timezone.now()
        )
        row = Generation.objects.create(
            conversation=conversation,
            message=answer,
            user=user,
            created=timezone.now(),
            rank=number,
            concurrency=concurrency,
        )
        made.add(row.pk)
    return made


@pytest.mark.parametrize("limit", [1, 3])
def test_each_of_200_waiting_answers_is_claimed_once_by_8_claimers(limit: int) -> None:
    rows = waiting_rows([person(f"asker{number}") for number in range(20)], ROWS)
    nodes = [Node.objects.create(name=f"mac {number}", public_key=uuid4().bytes * 2).pk for number in range(CLAIMERS)]

    def claim_all(node: UUID) -> list[tuple[UUID, int]]:
        # Each takes its share and no more: one that is always first at the lock would leave nothing to race for.
        mine: list[tuple[UUID, int]] = []
        while len(mine) < ROWS // CLAIMERS and Generation.objects.waiting().exists():
            wanted = min(limit, ROWS // CLAIMERS - len(mine))
            claimed = claims.claim(f"session of {node}", node, {"tiny": wanted}, wanted)
            mine += [(one.generation, one.epoch) for one in claimed]
        return mine

    shares = at_once([lambda node=node: claim_all(node) for node in nodes])  # type: ignore[misc]
    taken = [claim for share in shares for claim in share]
    assert Counter(generation for generation, _ in taken) == Counter(rows)
    assert {epoch for _, epoch in taken} == {1}
    owners = dict(Generation.objects.values_list("pk", "node"))
    assert all(owners[generation] == node for node, share in zip(nodes, shares, strict=True) for generation, _ in share)


def test_of_60_questions_at_once_50_wait_and_10_leave_no_trace() -> None:
    people = [person(f"asker{number}") for number in range(60)]
    conversations = [actions.create_conversation(user) for user in people]
    bound = settings.QUEUE_MAX_WAITING
    assert bound == 50

    def ask(user: User, conversation: Conversation) -> UUID | LimitReached:
        try:
            return actions.send(user, conversation.pk, uuid4(), "Why?").generation
        except LimitReached as refusal:
            return refusal

    calls = [lambda u=user, c=talk: ask(u, c) for user, talk in zip(people, conversations, strict=True)]
    results = at_once(calls)
    refused = [talk for talk, result in zip(conversations, results, strict=True) if isinstance(result, LimitReached)]
    assert len(refused) == len(people) - bound
    assert {result.code for result in results if isinstance(result, LimitReached)} == {"queue_full"}
    accepted = {result for result in results if isinstance(result, UUID)}
    assert set(Generation.objects.values_list("pk", flat=True)) == accepted
    assert Message.objects.count() == 2 * bound
    for talk in refused:
        talk.refresh_from_db()
        assert (talk.messages.count(), talk.title, talk.head_id) == (0, "", None)


def test_one_request_sent_twice_at_once_is_one_question() -> None:
    alice = person("alice")
    for _ in range(10):
        talk, request = actions.create_conversation(alice), uuid4()
        first, second = at_once([lambda t=talk, r=request: actions.send(alice, t.pk, r, "Why?")] * 2)  # type: ignore[misc]
        assert first.generation == second.generation
        assert sorted([first.repeated, second.repeated]) == [False, True]
        assert (talk.generations.count(), talk.messages.count()) == (1, 2)


def test_one_answer_written_again_twice_at_once_under_one_request_is_one_new_answer() -> None:
    alice = person("alice")
    for _ in range(10):
        talk = actions.create_conversation(alice)
        asked = actions.send(alice, talk.pk, uuid4(), "Why?")
        generations.end_by_site(asked.generation, "cancelled")
        answer, request = Message.objects.get(pk=asked.answer), uuid4()
        first, second = at_once([lambda a=answer, r=request: actions.regenerate(alice, a, r)] * 2)  # type: ignore[misc]
        assert first.generation == second.generation != asked.generation
        assert (talk.generations.count(), talk.messages.count()) == (2, 3)


def test_one_person_never_has_more_running_than_allowed_however_many_claim_at_once() -> None:
    alice = person("alice")
    waiting_rows([alice], 40, concurrency=2)
    node = Node.objects.create(name="mac", public_key=uuid4().bytes * 2).pk
    for _ in range(10):
        at_once([lambda number=number: claim_one(f"session {number}", node, ["tiny"]) for number in range(8)])  # type: ignore[misc]
        # One that met another may have given up for now; the next look at the queue fills the place.
        claim_one("later look", node, ["tiny"])
        held = Generation.objects.held()
        assert held.count() == 2
        held.update(state=State.DONE, lease_owner="", lease_until=None)


def test_what_a_person_does_beside_asking_never_deadlocks_with_it() -> None:
    """What is done one at a time for each person locks the account; questions refer to it, and must not wait for that."""
    alice = person("alice")
    talk = actions.create_conversation(alice)
    for number in range(8):
        asked = actions.send(alice, talk.pk, uuid4(), "Why?")
        generations.end_by_site(asked.generation, "cancelled")
        talk.refresh_from_db()
        folder = keeping.save_folder(alice, None, f"folder {number}", None, "")
        Conversation.objects.filter(pk=talk.pk).update(folder=folder)
        asking: list[Callable[[], object]] = [
            lambda: actions.send(alice, talk.pk, uuid4(), "And now?"),
            lambda: sharing.share(talk),
            lambda f=folder: keeping.delete_folder(alice, f),  # type: ignore[misc]
        ]
        at_once(asking)
        for row in Generation.objects.filter(conversation=talk, state=State.QUEUED):
            generations.end_by_site(row.pk, "cancelled")
