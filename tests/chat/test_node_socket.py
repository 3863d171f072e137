"""The site's end of the link, with a node that speaks the real wire: work, text, stops, resumption, and what is
refused.
"""

import asyncio
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chat import actions, nodes
from chat.bus import Bus
from chat.inference.consumer import NodeConsumer
from chat.models import Generation, Message, Node
from inference_client.protocol import keys, pairing
from inference_client.protocol.frames import ENROL, MESSAGE
from inference_client.protocol.messages import (
    Ack,
    Drop,
    Enrol,
    Failed,
    FromSite,
    Generate,
    Heartbeat,
    Held,
    Stop,
    Welcome,
)
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.fakes.node import FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def node_of(key: X25519PrivateKey, olga: User) -> Node:
    return Node.objects.create(name="mac", owner=olga, public_key=keys.public_bytes(key))


async def paired(olga: User) -> tuple[FakeNode, Node]:
    key = keys.generate()
    node = await in_database(node_of, key, olga)
    return fake(key), node


def fake(key: X25519PrivateKey) -> FakeNode:
    return FakeNode(NodeConsumer.as_asgi(), nodes.site_public_key(), key)


async def ask(user: User, text: str = "Why?") -> actions.Asked:
    conversation = await in_database(actions.create_conversation, user)
    return await in_database(actions.send, user, conversation.pk, uuid4(), text)


async def in_state(asked: actions.Asked, state: State) -> None:
    def now() -> bool:
        return Generation.objects.filter(pk=asked.generation, state=state).exists()

    async def check() -> bool:
        return await in_database(now)

    await until(check)


def content(asked: actions.Asked) -> str:
    return Message.objects.get(pk=asked.answer).content


async def test_a_question_is_answered_over_the_link(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            assert job.generation == asked.generation
            assert [(turn.role, turn.content) for turn in job.messages] == [("user", "Why?")]
            await node.text(job, 0, "Because ")
            await node.text(job, 8, "of lizards.")
            await node.finish(job, 19)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "Because of lizards."


async def test_a_repeated_delta_is_taken_once_and_a_gap_closes_the_link(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "abc")
            await node.text(job, 1, "bcd")
            await node.text(job, 9, "x")
            assert await node.closed() == 4400
        again = fake(node.key)
        async with again:
            welcome = await again.hello("tiny", holding=(Held(generation=job.generation, epoch=job.epoch, length=4),))
            assert [(item.generation, item.offset) for item in welcome.resume] == [(job.generation, 4)]
            resumed = job.model_copy(update={"epoch": welcome.resume[0].epoch})
            await again.finish(resumed, 4)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "abcd"


async def test_a_stop_reaches_the_node_and_ends_when_the_node_says_so(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "half")
            await in_database(lambda: actions.stop(Generation.objects.get(pk=asked.generation)))
            assert (await node.hear(Stop)).generation == asked.generation
            assert await in_database(lambda: not Generation.objects.get(pk=asked.generation).ended)
            await node.finish(job, 4, "cancelled")
            await in_state(asked, State.CANCELLED)
        assert await in_database(content, asked) == "half"


async def test_a_stop_whose_hint_was_lost_reaches_the_node_all_the_same(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            monkeypatch.setattr(Bus, "control", lambda *args: None)
            await in_database(lambda: actions.stop(Generation.objects.get(pk=asked.generation)))
            assert (await node.hear(Stop)).generation == job.generation


async def test_two_links_of_one_node_leave_the_newer(olga: User) -> None:
    async with serving():
        first, _ = await paired(olga)
        second = fake(first.key)
        async with first:
            await first.hello("tiny")
            async with second:
                await second.hello("tiny")
                assert await first.closed() == 4409


async def test_a_revoked_node_is_cut_off_within_a_second_and_not_let_in_again(olga: User) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await node.hello("tiny")
            await in_database(nodes.revoke, Node.objects.filter(pk=row.pk))
            async with asyncio.timeout(1):
                assert await node.closed() == 4401
        again = fake(node.key)
        async with again:
            await again.communicator.send_to(bytes_data=again._handshake.hello())
            assert await again.closed() == 4401


async def test_a_revocation_whose_hint_was_lost_cuts_off_within_a_second(
    olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await node.hello("tiny")
            monkeypatch.setattr(Bus, "control", lambda *args: None)
            await in_database(nodes.revoke, Node.objects.filter(pk=row.pk))
            async with asyncio.timeout(1):
                assert await node.closed() == 4401


async def test_work_for_a_lost_generation_is_dropped(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            unknown = uuid4()
            welcome = await node.hello("tiny", holding=(Held(generation=unknown, epoch=1, length=5),))
            assert welcome.resume == ()
            await node.text(
                Generate(generation=unknown, epoch=1, model="tiny", messages=({"role": "user", "content": "x"},)),
                0,
                "x",
            )  # type: ignore[arg-type]
            assert (await node.hear(Drop)).generation == unknown


@pytest.mark.parametrize("first", ["heartbeat", "garbage", "text"])
async def test_bad_first_messages_close_the_link(olga: User, first: str) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.shake()
            if first == "heartbeat":
                await node.say(Heartbeat())
            elif first == "garbage":
                await node.communicator.send_to(bytes_data=b"\x00" * 300)
            else:
                await node.communicator.send_to(text_data="hello")
            assert await node.closed() == 4400


async def test_a_message_of_an_unknown_shape_closes_the_link(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            assert node.channel is not None
            for frame in node.channel.seal(MESSAGE, b'{"type": "heartbeat", "running": [], "extra": 1}'):
                await node.communicator.send_to(bytes_data=frame)
            assert await node.closed() == 4400


async def test_pairing_lets_one_machine_in_once(olga: User) -> None:
    async with serving():
        code = pairing.parse(await in_database(nodes.new_pairing_code, olga, "studio"))
        node = fake(keys.generate())
        async with node:
            await node.shake()
            await node.say(Enrol(code=code.secret_text, name="my mac"), kind=ENROL)
            frame = await node.communicator.receive_from()
            assert node.channel is not None
            assert node.channel.open(frame) is not None
        assert await in_database(lambda: Node.objects.get().name) == "studio"
        second = fake(keys.generate())
        async with second:
            await second.shake()
            await second.say(Enrol(code=code.secret_text, name="other"), kind=ENROL)
            assert await second.closed() == 4401
        assert await in_database(Node.objects.count) == 1
        back = fake(node.key)
        async with back:
            assert isinstance(await back.hello("tiny"), Welcome)


async def test_an_unknown_key_gets_no_further_than_the_code(olga: User) -> None:
    async with serving():
        node = fake(keys.generate())
        async with node:
            await node.shake()
            assert node.channel is not None
            assert not node.channel.enrolled


async def test_two_dispatchers_never_share_a_generation(alice: User, olga: User) -> None:
    async with serving():
        first, _ = await paired(olga)
        second, _ = await paired(olga)
        async with first, second:
            await first.hello("tiny", slots=1)
            await second.hello("tiny", slots=1)
            one, two = await ask(alice), await ask(alice)
            jobs = {(await first.hear(Generate)).generation, (await second.hear(Generate)).generation}
            assert jobs == {one.generation, two.generation}


async def test_a_failed_attempt_is_dropped_before_the_same_node_gets_it_again(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "One ")
            await node.say(Failed(generation=job.generation, epoch=job.epoch, code="engine_crashed", retry=True))
            heard: list[FromSite] = []
            while not (heard and isinstance(heard[-1], Generate)):
                heard.append(await node.next())
            assert [type(message) for message in heard if not isinstance(message, Ack)] == [Drop, Generate]
            again = heard[-1]
            assert (again.prefix, again.epoch > job.epoch) == ("One ", True)
            await node.text(again, 4, "two")
            await node.finish(again, 7)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "One two"


async def test_a_failure_that_no_retry_mends_ends_with_its_reason(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            why = "The question has 9,000 tokens, the model reads 2,048."
            await node.say(Failed(generation=job.generation, epoch=job.epoch, code="prompt_too_long", detail=why))
            await in_state(asked, State.FAILED)
        assert await in_database(lambda: Generation.objects.get().error) == why
