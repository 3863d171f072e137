"""What must not end a service, a link or an answer for good, whatever happens at a bad moment."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from chat import actions, claims, generations, messages, nodes, wording
from chat.context import history
from chat.inference import presence
from chat.inference.dispatch import dispatcher
from chat.models import Conversation, Generation, Message, Node, NodeModel
from inference_client.protocol.frames import MESSAGE
from inference_client.protocol.messages import Generate, Models
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.makers import Asking, Pairing
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, content, in_state, paired

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_a_conversation_deleted_right_after_its_claim_harms_no_other_answer(
    alice: User, bob: User, ask: Asking, pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = pair("tiny")
    first, second = ask(alice), ask(bob)
    read = messages.contexts

    def contexts(rows: Any, *more: Any) -> Any:
        actions.delete(Conversation.objects.get(pk=first.conversation_id))
        return read(rows, *more)

    monkeypatch.setattr(messages, "contexts", contexts)
    claimed = claims.claim("one", node.pk, {"tiny": 4}, 4)
    assert [one.generation for one in claimed] == [second.pk]


@pytest.mark.asyncio
async def test_an_answer_whose_rendering_fails_does_not_run_for_ever(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> str:
        raise RecursionError

    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            monkeypatch.setattr(messages, "render_markdown", fail)
            await node.text(job, 0, "Because.")
            await node.finish(job, 8)
            async with asyncio.timeout(3):
                while not await in_database(lambda: Generation.objects.get(pk=asked.generation).ended):
                    await asyncio.sleep(0.05)
        assert await in_database(content, asked) == "Because."


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "field", ['"prompt_tokens": 1180591620717411303424', '"prompt_tokens": 1, "prompt_seconds": Infinity']
)
async def test_a_number_no_column_holds_closes_the_link(alice: User, olga: User, field: str) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            said = f'{{"type": "finished", "generation": "{job.generation}", "epoch": {job.epoch}, "reason": "stop", '
            said += f'"length": 0, "usage": {{{field}, "completion_tokens": 1}}}}'
            assert node.channel is not None
            for frame in node.channel.seal(MESSAGE, said.encode()):
                await node.communicator.send_to(bytes_data=frame)
            assert await node.closed() == 4400
        assert not await in_database(lambda: Generation.objects.get(pk=asked.generation).ended)


@pytest.mark.asyncio
async def test_an_end_that_cannot_be_stored_ends_the_answer_as_failed(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> bool:
        raise OverflowError

    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "Because.")
            monkeypatch.setattr(generations, "finish", fail)
            await node.finish(job, 8)
            await in_state(asked, State.FAILED)


@pytest.mark.asyncio
async def test_text_whose_commit_was_not_confirmed_is_stored_once_and_the_rest_follows(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection to the database broke between the commit and its confirmation."""
    from django.db import OperationalError

    append = generations.append
    broken: list[bool] = []

    def append_then_break(pieces: Any) -> Any:
        result = append(pieces)
        if not broken:
            broken.append(True)
            raise OperationalError("server closed the connection unexpectedly")
        return result

    monkeypatch.setattr(generations, "append", append_then_break)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "one ")
            async with asyncio.timeout(5):
                while not broken:
                    await asyncio.sleep(0.01)
            await node.text(job, 4, "two ")
            async with asyncio.timeout(3):
                while await in_database(generations.stored, asked.generation) != ("one two ", 0):
                    await asyncio.sleep(0.05)


@pytest.mark.asyncio
async def test_a_dispatcher_that_starts_again_leaves_the_links_of_this_process_alone(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            await in_database(nodes.forget_sessions)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await node.closed()


@pytest.mark.asyncio
async def test_a_stop_that_meets_a_requeueing_is_not_lost(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scene() -> str:
        row = ask_row(alice)
        node = Node.objects.create(name="mac", owner=olga, public_key=uuid4().bytes * 2)
        claims.claim("one", node.pk, {"tiny": 1})
        end = generations.end_by_site

        def end_then_requeue(*args: Any, **more: Any) -> bool:
            over = end(*args, **more)
            if not over:
                Generation.objects.filter(pk=row.pk).give_back()
            return over

        monkeypatch.setattr(generations, "end_by_site", end_then_requeue)
        generations.request_stop(Generation.objects.get(pk=row.pk))
        row.refresh_from_db()
        return f"{row.state} {row.stop_requested}"

    assert await in_database(scene) in ("cancelled False", "cancelled True", "queued True")


def ask_row(user: User) -> Generation:
    asked = actions.send(user, actions.create_conversation(user).pk, uuid4(), "Why?")
    return Generation.objects.get(pk=asked.generation)


ask_ = ask
_ = (State, IntegrityError, dispatcher, in_state)


def test_control_characters_say_nothing_and_are_left_out(alice: User, ask: Asking) -> None:
    asked = ask(alice, "a\x01\x00b\tc\nd\x7f")
    question = Message.objects.get(conversation=asked.conversation_id, role="user")
    assert question.content == "ab\tc\nd"


@pytest.mark.asyncio
async def test_what_is_too_long_for_the_link_fails_itself_and_not_the_link(
    alice: User, bob: User, olga: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TOKEN_BUDGETS = False
    monkeypatch.setattr(history, "CONTEXT_BYTES", 10**9)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            long = await in_database(actions.create_conversation, alice)
            monkeypatch.setattr(wording, "MAX_PROMPT", 10**9)
            asked = await in_database(actions.send, alice, long.pk, uuid4(), "x" * 1_200_000)
            await in_state(asked, State.FAILED)
            other = await ask_(bob)
            assert (await node.hear(Generate)).generation == other.generation


@pytest.mark.asyncio
async def test_a_node_that_changes_its_offer_without_end_writes_it_seldom(
    olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = nodes.offer
    written: list[Any] = []

    def counted(*args: Any) -> None:
        written.append(args)
        offer(*args)

    monkeypatch.setattr(nodes, "offer", counted)
    monkeypatch.setattr(presence, "OFFER_SECONDS", 0.1)
    async with serving():
        node, row = await paired(olga)
        async with node:
            await node.hello("tiny")
            written.clear()
            for slots in range(1, 201):
                await node.say(Models(models=(ModelInfo(alias="tiny", context_length=2048, slots=slots),)))
            async with asyncio.timeout(5):
                while await in_database(lambda: NodeModel.objects.get(node=row).slots) != 200:
                    await asyncio.sleep(0.02)
    assert len(written) < 50
