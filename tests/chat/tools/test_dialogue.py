"""A dialogue of several steps: the site, the client's real session and engine, and a scripted server behind it that calls tools."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chat.models import Message, ToolCall
from inference_client.engines.openai_compatible import UpstreamModel
from inference_client.protocol.vocabulary import ModelInfo
from inference_client.session import Identity, Session, Submit
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, in_state, paired
from tests.chat.tools.calling import Registering, echo
from tests.fakes.node import FakeNode
from tests.fakes.upstream import FakeUpstream, Reply
from tests.inference_client.openai_compatible.heard import Heard, engine_before

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def calls(name: str, arguments: str) -> list[dict[str, Any]]:
    return [
        {"index": 0, "id": f"call-{arguments}", "type": "function", "function": {"name": name, "arguments": arguments}}
    ]


def script(body: dict[str, Any]) -> Reply:
    """Asks for a word, gets it wrong, asks again, and answers from what it was told."""
    if "title" in str(body["messages"][0]["content"]):
        return Reply("Eggs")
    told = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    if len(told) < 2:
        assert [one["function"]["name"] for one in body["tools"] if one["function"]["name"] == "echo"] == ["echo"]
        arguments = '{"word": "egg 🥚"}' if told else '{"wrong": 1}'
        return Reply("Wait. " if told else "I look. 🦎 ", "hm " if told else "", calls("echo", arguments), "tool_calls")
    assert "tools" not in body
    return Reply(f"It says {told[1].rpartition(chr(10))[2]} [1].", "so ")


@asynccontextmanager
async def client(node: FakeNode, engine: Heard) -> AsyncIterator[None]:
    """The client: its real session between the wire and the engine."""
    session = Session(
        Identity("1", "test", "cpu"), (ModelInfo(alias="tiny", context_length=4096, slots=1, tools=True),)
    )
    await node.shake()
    session.connected()
    out = asyncio.Lock()

    async def send() -> None:
        async with out:
            while messages := session.outgoing():
                for message in messages:
                    await node.say(message)

    async def hear() -> None:
        while True:
            await send()
            session.receive(await node.next(), time.monotonic())
            for work in session.take_work():
                if isinstance(work, Submit):
                    engine.engine.submit(work.job)

    async def think() -> None:
        async for events in engine.steps:
            session.engine_events(events)
            await send()

    tasks = [asyncio.create_task(part()) for part in (hear, think)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_is_one_answer_word_for_word(alice: User, olga: User, registered: Registering) -> None:
    registered(echo())
    async with (
        FakeUpstream(script=script).running() as upstream,
        engine_before(upstream, UpstreamModel("tiny", tools=True)) as engine,
        serving(),
    ):
        node, _ = await paired(olga)
        async with node, client(node, engine):
            asked = await ask(alice, "Which word?")
            await in_state(asked, State.DONE)
    row = await in_database(Message.objects.get, pk=asked.answer)
    assert row.content == "I look. 🦎 Wait. It says egg 🥚! [1]."
    assert row.thinking == "hm \n\nso "
    made = await in_database(lambda: list(ToolCall.objects.order_by("number").values_list("state", "at")))
    assert made == [("failed", len("I look. 🦎 ")), ("done", len("I look. 🦎 Wait. "))]
