"""A member's private conversation: opened, used, closed, at a Discord as strict as the real one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chat.models import Conversation, Message
from discordbridge.bot import Bot
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import node_for
from tests.discordbridge.live import bot_at
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel
from tests.fakes.node import FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def node(olga: User) -> AsyncIterator[FakeNode]:
    async with serving(), await node_for(olga) as one:
        await one.hello("tiny")
        yield one


@pytest.fixture
async def bot(node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> AsyncIterator[Bot]:
    async with bot_at(fake_discord) as running:
        yield running


async def answered(node: FakeNode, text: str) -> str:
    """The node answers what it is asked next; returns the question."""
    job = await node.hear(Generate)
    await node.text(job, 0, text)
    await node.finish(job, len(text))
    return job.messages[-1].content


async def private_channel(person: Person, guild: Guild, **options: Any) -> Channel:
    """Uses /chat and waits for the channel."""
    use = person.use(person.channel(guild, "general"), "chat", **options)
    await use.answered()
    name = f"chat-{person.user.name}"
    await person.until(lambda: name in [one.name for one in person.channels(guild)], "the channel")
    return person.channel(guild, name)


async def test_a_member_asks_in_private(bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    channel = await private_channel(anne, guild)
    assert not boris.sees(channel)
    anne.say(channel, "Good morning")
    assert await answered(node, "Good morning to you") == "Good morning"
    await anne.reads(channel, "Good morning to you")
    talk = await in_database(Conversation.objects.get)
    assert talk.place == "discord"
    turns = await in_database(lambda: [one.content for one in Message.objects.filter(conversation=talk)])
    assert turns == ["Good morning", "Good morning to you"]
