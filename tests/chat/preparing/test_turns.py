"""The site's turn: who waits for it, what the steps get and change, and that nothing about it costs an answer."""

import asyncio
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, claims, following, queueing, stepping_in
from chat.comparing import actions as comparing
from chat.models import Generation, Message, ToolCall
from chat.preparing import Answer, Preparing, leases, service, steps
from chat.queueing import SITE
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.makers import Asking, Pairing, claim_one
from tests.chat.preparing.conftest import Adding
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask as ask_on_site
from tests.chat.test_node_socket import content, in_state, paired
from tests.fakes.node import until

pytestmark = [pytest.mark.django_db(transaction=True)]


def row_of(generation: Generation) -> Generation:
    return Generation.objects.get(pk=generation.pk)


def turn(model: str = "") -> None:
    """A whole turn, of which ``model`` is the outcome."""
    leases.ready([Answer(row, model or row.wants, row.sampling) for row in leases.take("us", 10)])


@pytest.mark.both_databases
def test_without_a_step_an_answer_waits_for_its_model_at_once_and_no_query_is_more(
    alice: User, ask: Asking, step: Adding
) -> None:
    talk = actions.create_conversation(alice, "tiny")
    ask(alice, conversation=talk)
    actions.stop(Generation.objects.get())
    with CaptureQueriesContext(
        connection,
    ) as without:
        first = ask(alice, conversation=talk)
    actions.stop(first)
    step(wanted=lambda conversation: False)
    with CaptureQueriesContext(connection) as beside:
        second = ask(alice, conversation=talk)
    assert (second.model, second.wants) == ("tiny", "")
    assert len(beside) == len(without)


@pytest.mark.both_databases
def test_an_answer_waits_for_the_site_where_no_machine_takes_it(
    alice: User, ask: Asking, pair: Pairing, step: Adding
) -> None:
    step()
    node = pair("tiny", "large")
    asked = ask(alice, conversation=actions.create_conversation(alice, "large"))
    assert (asked.state, asked.model, asked.wants) == (State.QUEUED, SITE, "large")
    assert claim_one("one", node.pk, ["tiny", "large"]) is None
    assert not claims.any_waiting()
    assert claims.first_rank() is None
    turn()
    claimed = claim_one("one", node.pk, ["tiny", "large"])
    assert claimed is not None
    assert (claimed.generation, claimed.model) == (asked.pk, "large")
    assert row_of(asked).wants == ""


@pytest.mark.both_databases
def test_a_turn_is_one_process_s_until_its_lease_runs_out_and_who_lost_it_changes_nothing(
    alice: User, ask: Asking, step: Adding
) -> None:
    step()
    asked = ask(alice)
    (mine,) = leases.take("one", 10)
    assert leases.take("two", 10) == []
    assert leases.renew("one", {mine.pk}) == {mine.pk}
    Generation.objects.filter(pk=asked.pk).update(lease_until=mine.created)
    (theirs,) = leases.take("two", 10)
    assert leases.ready([Answer(mine, "late", {})]) == 0
    assert leases.ready([Answer(theirs, "right", {"temperature": 0.5})]) == 1
    assert leases.ready([Answer(theirs, "twice", {})]) == 0
    row = row_of(asked)
    assert (row.model, row.sampling, row.lease_owner, row.lease_until) == ("right", {"temperature": 0.5}, "", None)


@pytest.mark.both_databases
def test_a_busy_process_keeps_no_turn_that_it_does_not_work_on(
    alice: User, bob: User, ask: Asking, step: Adding
) -> None:
    step()
    left, going = ask(alice), ask(bob)
    assert len(leases.take("one", 10)) == 2
    past = left.created
    Generation.objects.update(lease_until=past)
    assert leases.renew("one", {going.pk}) == {going.pk}
    assert [row.pk for row in leases.take("two", 10)] == [left.pk]
    assert leases.renew("one", {left.pk, going.pk}) == {going.pk}, "another has it by now"


@pytest.mark.asyncio
async def test_a_turn_that_a_failing_database_cut_off_is_taken_again_while_others_are_under_way(
    alice: User, bob: User, step: Adding, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def hangs(answers: Preparing) -> None:
        if answers[0].generation.user_id == bob.pk:
            begun.set()
            await asyncio.Event().wait()

    step("hangs", 0, 60.0, to_do=hangs)
    monkeypatch.setattr(leases, "SECONDS", 0.3)
    monkeypatch.setattr(service, "LOOK_SECONDS", 0.05)
    real = leases.ready
    failed: list[bool] = []

    def away_once(answers: list[Answer]) -> int:
        if not failed:
            failed.append(True)
            raise OperationalError("away")
        return real(answers)

    monkeypatch.setattr(leases, "ready", away_once)
    async with serving():
        await ask_on_site(bob)
        await asyncio.wait_for(begun.wait(), 10)
        asked = await ask_on_site(alice)
        await until(
            lambda: in_database(lambda: not Generation.objects.filter(pk=asked.generation, model=SITE).exists())
        )
    assert failed


@pytest.mark.both_databases
def test_a_process_that_ends_leaves_its_turns_to_the_others_at_once(alice: User, ask: Asking, step: Adding) -> None:
    step()
    ask(alice)
    assert leases.take("one", 10)
    leases.let_go("one")
    assert leases.take("two", 10)
    leases.forget()
    assert leases.take("three", 10)


@pytest.mark.both_databases
def test_stopped_deleted_and_taken_over_it_is_lost_to_who_prepares_it(
    alice: User, olga: User, ask: Asking, step: Adding
) -> None:
    step()
    stopped, deleted, taken = (ask(alice, conversation=actions.create_conversation(alice, "tiny")) for _ in range(3))
    answers = [Answer(row, "late", {}) for row in leases.take("one", 10)]
    actions.stop(stopped)
    actions.delete(deleted.conversation)
    stepping_in.take_over(olga, taken.conversation_id)
    assert leases.ready(answers) == 0
    assert (row_of(stopped).state, row_of(stopped).model) == (State.CANCELLED, "tiny")
    assert not Generation.objects.filter(pk=deleted.pk).exists()
    assert (row_of(taken).model, row_of(taken).wants) == (stepping_in.PERSON, "")
    stepping_in.hand_back(olga, taken.conversation_id, "large")
    assert (row_of(taken).model, row_of(taken).wants) == (SITE, "large"), (
        "what the model is to know has to be found first"
    )


@pytest.mark.both_databases
def test_it_has_its_place_in_the_line_and_counts_among_those_that_wait(
    alice: User, bob: User, ask: Asking, pair: Pairing, step: Adding, settings: object
) -> None:
    step(wanted=lambda conversation: conversation.owner_id == alice.pk)
    pair("tiny")
    first = ask(alice, conversation=actions.create_conversation(alice, "tiny"))
    gone = ask(alice, conversation=actions.create_conversation(alice, "gone"))
    last = ask(bob)
    told = {event.generation: event for event in queueing.snapshot().queued_events()}
    assert [told[row.pk].position for row in (first, gone, last)] == [1, 2, 3]
    assert [told[row.pk].offline for row in (first, gone, last)] == [False, True, False]
    standing = following.standing(first.pk)
    assert isinstance(standing, following.Running)
    assert standing.queued is not None
    settings.QUEUE_MAX_WAITING = 3  # type: ignore[attr-defined]
    with pytest.raises(LimitReached):
        ask(bob, conversation=actions.create_conversation(bob))
    with pytest.raises(Invalid):
        ask(alice, conversation=first.conversation)


@pytest.mark.both_databases
def test_regenerated_continued_and_compared_answers_take_their_turns_too(
    alice: User, ask: Asking, pair: Pairing, step: Adding
) -> None:
    step()
    pair("tiny", "large")
    asked = ask(alice, conversation=actions.create_conversation(alice, "tiny"))
    actions.stop(asked)
    assert asked.message is not None
    again = actions.regenerate(alice, asked.message, uuid4())
    assert Generation.objects.get(pk=again.generation).wants == "tiny"
    Message.objects.filter(pk=again.answer).update(content="Because")
    actions.stop(Generation.objects.get(pk=again.generation))
    Message.objects.filter(pk=again.answer).update(content="Because")
    more = actions.go_on(alice, Message.objects.get(pk=again.answer), uuid4())
    assert Generation.objects.get(pk=more.generation).model == SITE
    actions.stop(Generation.objects.get(pk=more.generation))
    comparing.compare(alice, asked.conversation_id, uuid4(), "Which?", ["tiny", "large"])
    waiting = Generation.objects.filter(state=State.QUEUED).values_list("model", "wants")
    assert sorted(waiting) == [(SITE, "large"), (SITE, "tiny")]


@pytest.mark.asyncio
async def test_an_answer_is_prepared_by_all_its_steps_in_their_order_and_then_written(
    alice: User, olga: User, step: Adding
) -> None:
    seen: list[str] = []

    async def memory(answers: Preparing) -> None:
        seen.extend(answer.model for answer in answers)

    first = step("route", 0, model="tiny")
    second = step("memory", 1, to_do=memory)
    nothing = step("never", 1, wanted=lambda conversation: False)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", "other")
            asked = await ask_on_site(alice, "Why?")
            job = await node.hear(Generate)
            assert job.model == "tiny"
            await node.text(job, 0, "Because.")
            await node.finish(job, 8)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "Because."
    assert (first, second, nothing, seen) == (["Why?"], ["Why?"], [], ["tiny"])


@pytest.mark.asyncio
async def test_a_step_that_fails_or_is_late_costs_no_answer_what_the_others_found(
    alice: User, olga: User, step: Adding
) -> None:
    async def fails(answers: Preparing) -> None:
        raise RuntimeError("no index")

    async def hangs(answers: Preparing) -> None:
        await asyncio.Event().wait()

    step("fails", 0, to_do=fails)
    step("hangs", 0, 0.01, to_do=hangs)
    step("route", 1, model="tiny")
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", "other")
            await ask_on_site(alice)
            assert (await node.hear(Generate)).model == "tiny"


@pytest.mark.asyncio
async def test_an_answer_over_which_processes_died_goes_on_without_the_steps(
    alice: User, olga: User, step: Adding
) -> None:
    given = step(model="other")
    asked = await ask_on_site(alice)
    await in_database(Generation.objects.filter(pk=asked.generation).update, lease_epoch=leases.MOST_TURNS)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            assert (await node.hear(Generate)).generation == asked.generation
    assert given == []


@pytest.mark.asyncio
async def test_who_stops_or_ends_in_mid_turn_leaves_it_to_the_next(alice: User, olga: User, step: Adding) -> None:
    begun = asyncio.Event()

    async def hangs(answers: Preparing) -> None:
        begun.set()
        await asyncio.Event().wait()

    step("hangs", 0, 60.0, to_do=hangs)
    async with serving():
        asked = await ask_on_site(alice)
        await asyncio.wait_for(begun.wait(), 10)
    row = await in_database(Generation.objects.get, pk=asked.generation)
    assert (row.state, row.model, row.lease_owner) == (State.QUEUED, SITE, "")
    await in_database(actions.stop, row)
    assert await in_database(leases.take, "next", 1) == []


@pytest.mark.asyncio
async def test_an_answer_that_goes_on_after_calls_of_tools_is_prepared_like_any_other(
    alice: User, olga: User, step: Adding
) -> None:
    given = step()

    def cut(asked: actions.Asked) -> actions.Asked:
        actions.stop(Generation.objects.get(pk=asked.generation))
        ToolCall.objects.create(
            message_id=asked.answer, generation_id=asked.generation, step=0, number=0, call="a", name="clock",
            state="done", created=timezone.now(),
        )  # fmt: skip
        Message.objects.filter(pk=asked.answer).update(content="Because", called=1)
        return actions.go_on(alice, Message.objects.get(pk=asked.answer), uuid4())

    more = await in_database(cut, await ask_on_site(alice, "Why?"))
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", tools=True)
            job = await node.hear(Generate)
            assert (job.generation, [one.role for one in job.messages[-2:]]) == (more.generation, ["assistant", "tool"])
    assert given == ["Why?"]


def test_two_steps_of_one_name_are_refused(step: Adding) -> None:
    step("route")
    with pytest.raises(ValueError, match="route"):
        step("route")
    assert list(steps._steps) == ["route"]
