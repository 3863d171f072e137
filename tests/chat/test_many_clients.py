"""Several clients on one site, each speaking the real wire: who gets which answer, and what owners and operators say."""

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat import actions, nodes
from chat.inference import consumer, presence, seating
from chat.inference.dispatch import Dispatcher, dispatcher
from chat.inference.placement import Want
from chat.models import Generation, Node, NodeModel, NodeSample
from inference_client.protocol.messages import Availability, Failed, Finished, Generate, Metrics, Order
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics, Usage
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, in_state, paired
from tests.fakes.node import FakeNode, until
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def model(alias: str = "tiny", slots: int = 4, speed: float | None = None) -> ModelInfo:
    return ModelInfo(alias=alias, context_length=2048, slots=slots, generation_tps=speed)


async def connect(node: FakeNode, *models: ModelInfo) -> None:
    first, *rest = models or (model(),)
    await node.hello(first.alias, slots=first.slots, first=first, **{one.alias: one for one in rest})


async def set_row(node: Node, **changed: Any) -> None:
    """What an operator sets in the admin."""

    def write() -> None:
        for name, value in changed.items():
            setattr(node, name, value)
        nodes.configure(node, list(changed))

    await in_database(write)


async def answer(node: FakeNode, job: Generate) -> None:
    await node.text(job, 0, "Because.")
    await node.finish(job, 8)


async def ask_without_title(user: User) -> actions.Asked:
    """Of a conversation that has a name no title is asked for."""

    def named() -> actions.Asked:
        conversation = actions.create_conversation(user)
        actions.rename(conversation, "Lizards")
        return actions.send(user, conversation.pk, uuid4(), "Why?")

    return await in_database(named)


async def follow_up(user: User, asked: actions.Asked) -> actions.Asked:
    return await in_database(actions.send, user, asked.conversation, uuid4(), "And?")


async def row_says(node: Node, **values: Any) -> None:
    async def check() -> bool:
        return await in_database(Node.objects.filter(pk=node.pk, **values).exists)

    await until(check)


def room_of(node: Node) -> int | None:
    """Answers that the dispatcher would give the node now, None when it is to get nothing at all."""
    rooms = [seat.room for seat in dispatcher._seating.seats(dispatcher._sessions.values()) if seat.node == node.pk]
    return rooms[0] if rooms else None


async def has_room(node: Node, room: int | None) -> None:
    async def check() -> bool:
        session = next((one for one in dispatcher._sessions.values() if one.node == node.pk), None)
        return session is not None and session.standing is not None and room_of(node) == room

    await until(check)


async def test_each_model_is_asked_where_it_is(alice: User, bob: User, olga: User) -> None:
    async with serving():
        (mac, _), (tower, _) = await paired(olga), await paired(olga)
        async with mac, tower:
            await connect(mac, model("small"))
            await connect(tower, model("large"))
            for user, alias, node in ((alice, "large", tower), (bob, "small", mac)):
                conversation = await in_database(lambda u=user, a=alias: actions.create_conversation(u, model=a))
                await in_database(actions.send, user, conversation.pk, uuid4(), "Why?")
                assert (await node.hear(Generate)).model == alias


async def test_a_conversation_stays_with_its_client_and_moves_when_that_may_not_work(alice: User, olga: User) -> None:
    async with serving():
        (slow, row), (fast, _) = await paired(olga), await paired(olga)
        async with slow, fast:
            await connect(slow, model(speed=1.0))
            asked = await ask(alice)
            await answer(slow, await slow.hear(Generate))
            await in_state(asked, State.DONE)
            await slow.hear(Generate)  # its title
            await connect(fast, model(speed=500.0))
            second = await follow_up(alice, asked)
            job = await slow.hear(Generate)
            assert job.generation == second.generation
            await answer(slow, job)
            await in_state(second, State.DONE)
            await slow.say(Availability(state="paused", why="battery"))
            await row_says(row, said_state="paused", said_why="battery")
            third = await follow_up(alice, asked)
            assert (await fast.hear(Generate)).generation == third.generation


async def test_a_newcomers_question_goes_to_the_faster_client(alice: User, olga: User) -> None:
    async with serving():
        (slow, _), (fast, row) = await paired(olga), await paired(olga)
        async with slow, fast:
            await connect(slow, model(speed=1.0))
            await connect(fast, model(speed=500.0))
            await has_room(row, 4)
            asked = await ask(alice)
            assert (await fast.hear(Generate)).generation == asked.generation


@contextlib.asynccontextmanager
async def working(node: FakeNode, seen: list[UUID], *, well: bool) -> AsyncIterator[None]:
    """A client that answers all it gets, or fails at all of it."""

    async def work() -> None:
        while True:
            job = await node.next()
            if not isinstance(job, Generate):
                continue
            seen.append(job.generation)
            if well:
                usage = Usage(prompt_tokens=1, completion_tokens=1)
                await node.text(job, len(job.prefix), "Yes.")
                length = len(job.prefix) + 4
                await node.say(
                    Finished(generation=job.generation, epoch=job.epoch, reason="stop", length=length, usage=usage)
                )
            else:
                await node.text(job, len(job.prefix), "Half ")
                await node.say(Failed(generation=job.generation, epoch=job.epoch, code="broken", retry=True))

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_who_fails_at_everything_gets_no_more_and_others_go_on_with_the_answers(olga: User) -> None:
    people = await in_database(lambda: [person(f"asker{number}") for number in range(6)])
    broken_saw: list[UUID] = []
    whole_saw: list[UUID] = []
    async with serving():
        (broken, row), (whole, _) = await paired(olga), await paired(olga)
        async with broken, whole:
            await connect(broken, model(speed=1000.0))
            await connect(whole, model(speed=1.0))
            await has_room(row, 4)
            async with working(whole, whole_saw, well=True), working(broken, broken_saw, well=False):
                # One after the other: how many are under way when it opens is then no matter of luck.
                for user in people:
                    await in_state(await ask_without_title(user), State.DONE)

            def texts() -> list[str]:
                return list(Generation.objects.filter(message__isnull=False).values_list("message__content", flat=True))

            assert sorted(await in_database(texts)) == ["Half Yes."] * 3 + ["Yes."] * 3
            assert len(broken_saw) == 3, "the third failure opens its breaker"

            async def shown() -> bool:
                return await in_database(NodeModel.objects.filter(node=row, breaker="open").exists)

            await until(shown)


async def test_a_client_alone_with_an_open_breaker_gets_one_to_try_and_is_whole_again(
    alice: User, bob: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await connect(node)
            await has_room(row, 4)
            breaker = dispatcher._seating.breaker(row.pk, "tiny")
            for _ in range(3):
                breaker.failed()
            first, second = await ask(alice), await ask(bob)
            assert room_of(row) == 4
            assert not dispatcher._seating.seats(dispatcher._sessions.values())[0].offers
            monkeypatch.setattr(breaker, "_until", asyncio.get_running_loop().time())
            job = await node.hear(Generate)
            assert job.generation == first.generation
            assert dispatcher._seating.seats(dispatcher._sessions.values())[0].offers[0].free == 0
            await answer(node, job)
            assert (await node.hear(Generate)).generation in (second.generation, await title_of(first))
            assert breaker.state == "closed"


async def title_of(asked: actions.Asked) -> UUID:
    """The generation of the title that follows a first answer."""
    titles = Generation.objects.filter(conversation=asked.conversation, purpose="title")
    await until(lambda: in_database(titles.exists))
    return await in_database(lambda: titles.get().pk)


@pytest.mark.parametrize(
    "said",
    [
        Availability(state="draining"),
        Availability(state="paused", why="heat"),
        Availability(state="open", own_only=True),
    ],
    ids=["draining", "hot", "owner alone"],
)
async def test_what_the_machines_owner_says_holds_at_once(said: Availability, alice: User, olga: User) -> None:
    async with serving():
        (mac, row), (tower, _) = await paired(olga), await paired(olga)
        async with mac, tower:
            await connect(mac)
            await mac.say(said)
            await row_says(row, said_state=said.state, said_own_only=said.own_only)
            asked = await ask(alice)
            await connect(tower)
            assert (await tower.hear(Generate)).generation == asked.generation
            mine = await ask(olga)
            if said.own_only:
                assert (await mac.hear(Generate)).generation == mine.generation
            await mac.say(Availability(state="open"))
            await row_says(row, said_state="open", said_own_only=False)
            assert room_of(row) == (3 if said.own_only else 4)


@pytest.mark.parametrize(
    "changed",
    [
        {"paused": True},
        {"quiet_from": datetime.time(0), "quiet_until": datetime.time(23, 59, 59, 999999)},
        {"own_only": True},
    ],
    ids=["paused", "quiet", "owner alone"],
)
async def test_what_an_operator_sets_holds_from_the_first_moment(
    changed: dict[str, Any], alice: User, olga: User
) -> None:
    async with serving():
        (mac, row), (tower, _) = await paired(olga), await paired(olga)
        await set_row(row, **changed)
        asked = await ask(alice)
        async with mac, tower:
            await connect(mac)
            await connect(tower)
            assert (await tower.hear(Generate)).generation == asked.generation


async def test_more_than_its_most_is_never_given_however_many_slots_there_are(
    alice: User, bob: User, olga: User
) -> None:
    async with serving():
        node, row = await paired(olga)
        await set_row(row, max_slots=3)
        async with node:
            await connect(node, model("a"), model("b"))
            await has_room(row, 3)
            await node.say(Availability(state="open", max_slots=1))
            await has_room(row, 1)
            first, second = await ask(alice), await ask(bob)
            job = await node.hear(Generate)
            assert (job.generation, room_of(row)) == (first.generation, 0)
            await node.finish(job, 0)
            assert (await node.hear(Generate)).generation in (second.generation, await title_of(first))


async def test_orders_reach_the_client(olga: User) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await connect(node)
            await in_database(nodes.order, row, "load", "tiny")
            assert await node.hear(Order) == Order(do="load", model="tiny")
            await in_database(nodes.set_paused, Node.objects.filter(pk=row.pk), True)
            assert (await node.hear(Order)).do == "pause"
            await has_room(row, None)


async def test_a_client_that_missed_the_end_of_its_pause_is_told_again(olga: User) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await connect(node)
            await node.say(Availability(state="paused", why="site"))
            assert (await node.hear(Order)).do == "resume"
            await row_says(row, said_why="site")


def report(tokens: int = 10) -> Metrics:
    return Metrics(uptime=5.0, memory=2**33, temperature=50.5, models=(
        ModelMetrics(alias="tiny", seconds=1.0, completion_tokens=tokens, busy=1, errors=10**30),
    ))  # fmt: skip


async def test_measurements_are_added_up_and_written_seldom(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await connect(node)
            for _ in range(20):
                await node.say(report())
            await node.say(Availability(state="open", max_slots=3))
            await row_says(row, said_slots=3)
            assert not await in_database(NodeSample.objects.exists)
            monkeypatch.setattr(presence, "SAMPLE_SECONDS", 0.0)
            await node.say(report(7))

            def sums() -> tuple[int, int]:
                rows = list(NodeSample.objects.filter(node=row))
                return sum(one.completion_tokens for one in rows), max((one.errors for one in rows), default=0)

            async def written() -> bool:
                return await in_database(sums) == (207, 2**62)

            await until(written)
            monkeypatch.setattr(presence, "SAMPLE_SECONDS", 10.0)
            await node.say(report(3))
            await node.say(Availability(state="open", max_slots=2))
            await row_says(row, said_slots=2)
        # What was not written when the link ends is written then.
        assert (await in_database(sums))[0] == 210


async def test_a_wanted_answer_is_left_to_the_other_process_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    here = seating.Seating()
    there = uuid4()
    here.elsewhere = {there: frozenset({"tiny"})}
    want, other = Want(uuid4(), 1, last=(there, "tiny")), Want(uuid4(), 2)
    assert here.later([])(want)
    assert here.left_some
    assert not here.later([])(other)
    assert not here.left_some
    monkeypatch.setattr(seating, "GRACE_SECONDS", 0.0)
    assert not here.later([])(want)


@contextlib.asynccontextmanager
async def other_process(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dispatcher]:
    """A second dispatcher, as another site process has it; nodes that connect in the block are its own."""
    other = Dispatcher()
    task = asyncio.create_task(other.run())
    with monkeypatch.context() as patch:
        patch.setattr(consumer, "dispatcher", other)
        yield other
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_process_leaves_a_conversation_to_the_one_that_has_its_client_but_not_for_ever(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seating, "GRACE_SECONDS", 3600.0)
    async with serving():
        (mac, mac_row), (tower, _) = await paired(olga), await paired(olga)
        async with mac:
            await connect(mac, model(speed=1.0))
            asked = await ask_without_title(alice)
            await answer(mac, await mac.hear(Generate))
            await in_state(asked, State.DONE)
            async with other_process(monkeypatch) as other, tower:
                await connect(tower, model(speed=500.0))
                other._seating.elsewhere = {mac_row.pk: frozenset({"tiny"})}
                second = await follow_up(alice, asked)
                job = await mac.hear(Generate)
                assert job.generation == second.generation
                await answer(mac, job)
                await in_state(second, State.DONE)
                # There it may not work any more, and here the grace is over.
                await mac.say(Availability(state="paused", why="heat"))
                await row_says(mac_row, said_why="heat")
                monkeypatch.setattr(seating, "GRACE_SECONDS", 0.1)
                third = await follow_up(alice, asked)
                assert (await tower.hear(Generate)).generation == third.generation


async def test_without_other_processes_nothing_is_left(olga: User) -> None:
    assert not seating.Seating().later([])(Want(uuid4(), 1, last=(uuid4(), "tiny")))
