"""An answer as the bridge hears of it: every state, whole texts, whatever hints are lost; and what a later reader gets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID, uuid4

import pytest

from chat import actions
from chat.access import access_conversation
from chat.actions import Asked
from chat.hub import Hub
from discordbridge import following
from discordbridge.following import Finished, Progress
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import conversation_of, node_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

News = Progress | Finished


async def asked_by(user: User, text: str = "Why?") -> Asked:
    conversation = await conversation_of(user)
    return await in_database(actions.send, user, conversation.pk, uuid4(), text)


def reading(asked: Asked) -> AsyncGenerator[News, None]:
    return following.answer(asked.conversation, asked.generation)


async def until(news: AsyncGenerator[News, None], text: str = "", doing: str = "") -> Progress:
    async with asyncio.timeout(10):
        async for one in news:
            assert isinstance(one, Progress)
            if one.text == text and doing in ("", one.doing):
                return one
    raise AssertionError("it ended before that")


async def ended(news: AsyncGenerator[News, None]) -> Finished:
    async with asyncio.timeout(10):
        async for one in news:
            if isinstance(one, Finished):
                return one
    raise AssertionError("it ended without an end")


async def test_queued_thought_written_done(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        asked = await asked_by(alice)
        async with aclosing(reading(asked)) as news:
            waiting = await until(news, doing="queued")
            assert (waiting.position, waiting.offline) == (1, True)
            await node.hello("tiny")
            job = await node.hear(Generate)
            await node.text(job, 0, "hm ", thinking=True)
            assert (await until(news, doing="thinking")).thought == 3
            await node.text(job, 3, "Yes.")
            assert (await until(news, "Yes.")).doing == "writing"
            await node.finish(job, 7, thinking=3)
            end = await ended(news)
    assert (end.text, end.message, end.event.reason) == ("Yes.", asked.answer, "stop")


async def test_who_begins_in_the_middle_gets_all_of_it(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        asked = await asked_by(alice)
        job = await node.hear(Generate)
        async with aclosing(reading(asked)) as first:
            await node.text(job, 0, "One two ")
            await until(first, "One two ")
        async with aclosing(reading(asked)) as second:
            await until(second, "One two ")
            await node.text(job, 8, "three")
            await until(second, "One two three")
            await node.finish(job, 13)
            assert (await ended(second)).text == "One two three"
        assert (await ended(reading(asked))).text == "One two three"


async def test_lost_hints_delay_and_change_nothing(alice: User, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    for name in ("event", "delta"):
        real = getattr(Hub, name)

        def lossy(self: Hub, topic: object, *rest: object, real: object = real) -> None:
            if not (isinstance(topic, UUID) or str(topic).startswith("conversation:")):
                real(self, topic, *rest)  # type: ignore[operator]

        monkeypatch.setattr(Hub, name, lossy)
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        asked = await asked_by(alice)
        async with aclosing(reading(asked)) as news:
            job = await node.hear(Generate)
            await node.text(job, 0, "Because.")
            await until(news, "Because.")
            await node.finish(job, 8)
            assert (await ended(news)).text == "Because."


async def test_it_ends_with_its_conversation(alice: User, olga: User) -> None:
    async with serving():
        asked = await asked_by(alice)
        async with aclosing(reading(asked)) as news:
            await until(news, doing="queued")
            conversation = await in_database(access_conversation, alice, asked.conversation)
            await in_database(actions.delete, conversation)
            async with asyncio.timeout(10):
                assert [one async for one in news] == []


async def test_a_stopped_one_keeps_its_text(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        asked = await asked_by(alice)
        job = await node.hear(Generate)
        async with aclosing(reading(asked)) as news:
            await node.text(job, 0, "Once upon")
            await until(news, "Once upon")
            await node.finish(job, 9, reason="cancelled")
            end = await ended(news)
    assert (end.text, end.event.reason, end.event.message.cut) == ("Once upon", "cancelled", True)
