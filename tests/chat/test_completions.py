"""Questions that belong to no conversation: answered by a model that chats, in the form that was asked for."""

import asyncio

import pytest

from chat import actions, completions, tasks
from chat.models import InferenceTask, Message
from chat.tasks import Unavailable
from inference_client.protocol.messages import Drop, Generate
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, paired

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

ASKED = (ChatMessage(role="system", content="Judge."), ChatMessage(role="user", content="a lizard"))
FORM = Sampling(json_schema='{"type": "object"}', temperature=0, thinking="off", max_tokens=100)


async def test_a_model_that_chats_answers_in_the_form_asked_for_and_its_thinking_is_left_out(olga: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        waiting = asyncio.create_task(completions.complete(ASKED, FORM))
        job = await node.hear(Generate)
        assert (job.messages, job.sampling) == (ASKED, FORM)
        await node.text(job, 0, "Hmm.", thinking=True)
        await node.text(job, 2, "m.", thinking=True)
        await node.text(job, 4, '{"a": 1}')
        await node.finish(job, 12, thinking=4)
        assert await waiting == '{"a": 1}'
    row = await InferenceTask.objects.aget()
    assert (row.state, row.input) == (State.DONE, {}), "what was asked is not kept"


def named(asked: actions.Asked) -> None:
    actions.rename(Message.objects.get(pk=asked.answer).conversation, "Lizards")


async def test_answers_in_conversations_go_first(olga: User, alice: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await in_database(completions.enqueue, ASKED, FORM, offline=True)
        asked = await ask(alice)
        await in_database(named, asked)  # no title is asked for, which may come before the completion or after it
        await node.hello(slots=1)
        job = await node.hear(Generate)
        assert job.generation == asked.generation
        await node.text(job, 0, "Yes.")
        await node.finish(job, 4)
        assert (await node.hear(Generate)).messages == ASKED


async def test_without_a_machine_or_in_time_nobody_waits_for_ever(olga: User) -> None:
    with pytest.raises(Unavailable):
        await completions.complete(ASKED, FORM)
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        waiting = asyncio.create_task(completions.complete(ASKED, FORM, seconds=0.3))
        job = await node.hear(Generate)
        with pytest.raises(Unavailable, match="in time"):
            await waiting
        assert (await node.hear(Drop)).generation == job.generation
        assert await in_database(tasks.offered, "completion") == ["tiny"]


async def test_what_no_machine_could_take_is_refused(olga: User) -> None:
    for messages in ((), (ChatMessage(role="user", content="x" * 800_000),)):
        with pytest.raises(Invalid):
            await in_database(completions.enqueue, messages, FORM, offline=True)
