"""A member's conversations at a Discord as strict as the real one: in private, in threads, directly; and who is kept out."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from chat import actions
from chat.models import Conversation, Message
from discordbridge.actions import guilds
from discordbridge.bot import Bot
from discordbridge.models import GuildSession
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import node_for
from tests.discordbridge.live import answered, bot_at, private_channel, said
from tests.fakes.discord import FakeDiscord, Guild
from tests.fakes.node import FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def node(olga: User) -> AsyncIterator[FakeNode]:
    async with serving(), await node_for(olga) as one:
        await one.hello("tiny")
        yield one


@pytest.fixture
async def bot(node: FakeNode, discord_addresses: FakeDiscord, guild: Guild) -> AsyncIterator[Bot]:
    async with bot_at(discord_addresses) as running:
        yield running


async def texts() -> list[str]:
    return await in_database(lambda: list(Message.objects.order_by("created").values_list("content", flat=True)))


async def sessions() -> list[tuple[str, str]]:
    return await in_database(lambda: list(GuildSession.objects.order_by("created").values_list("kind", "state")))


async def test_a_member_asks_in_private(bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    channel = await private_channel(anne, guild)
    assert channel.name == "chat-anne"
    assert not boris.sees(channel)
    anne.say(channel, "Good morning")
    assert await answered(node, "Good morning to you") == "Good morning"
    await anne.reads(channel, "Good morning to you")
    talk = await in_database(Conversation.objects.get)
    assert talk.place == "discord"
    assert await texts() == ["Good morning", "Good morning to you"]


async def test_what_is_asked_on_the_web_is_read_at_discord(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    talk = await in_database(Conversation.objects.select_related("owner__tier").get)
    await in_database(actions.send, talk.owner, talk.pk, uuid4(), "Asked at the desk")
    await anne.reads(channel, "Asked at the desk")
    assert await answered(node, "And answered") == "Asked at the desk"
    await anne.reads(channel, "And answered")
    anne.say(channel, "Asked on the phone")
    assert await answered(node, "Read there") == "Asked on the phone"
    await anne.reads(channel, "Read there")
    assert sum("Asked on the phone" in text for text in anne.texts(channel)) == 1, "one's own words are not repeated"


async def test_a_mention_opens_a_thread_and_only_its_author_is_answered_there(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    general = anne.channel(guild, "general")
    asked = anne.say(general, f"<@{bot.me.id}> What is a skink?")
    assert await answered(node, "A lizard") == "What is a skink?"
    thread = next(one for one in anne.channels(guild) if one.id == asked.id)
    await boris.reads(thread, "A lizard")
    boris.say(thread, "Interesting.")
    boris.say(thread, f"And a gecko, <@{bot.me.id}>?")
    await boris.reads(thread, "somebody else")
    anne.say(thread, "Are you sure?")
    assert await answered(node, "Quite") == "Are you sure?"
    assert await sessions() == [("public", "open")]
    assert general.messages.keys() == {asked.id}, "nothing else was said in the channel"


async def test_asking_about_somebodys_message(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    general = anne.channel(guild, "general")
    said = boris.say(general, "Skinks are @everyone's friends.\nReally.")
    anne.say(general, f"<@{bot.me.id}> is that so?", reply_to=said)
    question = await answered(node, "It is")
    assert question == "is that so?\n\nBoris wrote:\n> Skinks are @everyone's friends.\n> Really."


async def test_direct_messages_are_a_conversation(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    for question in ("One", "Two"):
        anne.say(anne.dm(), question)
        assert await answered(node, f"{question} it is") == question
        await anne.reads(anne.dm(), f"{question} it is")
    assert await sessions() == [("direct", "open")]
    assert await in_database(Conversation.objects.count) == 1


async def test_what_is_written_while_an_answer_runs_is_asked_after_it(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    for question in ("One", "Two", "Three"):
        anne.say(channel, question)
    for question in ("One", "Two", "Three"):
        assert await answered(node, f"{question} it is") == question
    await anne.reads(channel, "Three it is")
    await anne.until(
        lambda: said(anne, channel) == ["One it is", "Two it is", "Three it is"], "the answers in their order"
    )


async def test_an_edited_question_is_asked_again(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    first = anne.say(channel, "What is a skunk?")
    await answered(node, "It smells")
    await anne.reads(channel, "It smells")
    anne.edit(first, "What is a skink?")
    assert await answered(node, "It creeps") == "What is a skink?"
    await anne.reads(channel, "It creeps")
    last = anne.say(channel, "And a gecko?")
    await answered(node, "It climbs")
    await anne.reads(channel, "It climbs")
    anne.edit(first, "What is a snake?")
    await anne.reads(channel, "Only your last question")
    anne.edit(last, "And a newt?")
    assert await answered(node, "It swims") == "And a newt?"


async def test_private_threads_where_the_guild_wants_them(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    await in_database(lambda: guilds.configure(guild.id, session_kind="thread"))
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    thread = await private_channel(anne, guild)
    assert thread.thread is not None
    assert not boris.sees(thread)
    anne.say(thread, "Hush")
    assert await answered(node, "Hush hush") == "Hush"
    await anne.reads(thread, "Hush hush")
    assert await sessions() == [("thread", "open")]


async def test_a_thread_for_all_by_command(bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    thread = await private_channel(anne, guild, private=False)
    assert boris.sees(thread)
    anne.say(thread, "Hello all")
    await answered(node, "Hello Anne")
    await boris.reads(thread, "Hello Anne")


async def test_what_others_write_is_none_of_its_business(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    general = anne.channel(guild, "general")
    anne.say(general, "Talking to nobody")
    anne.say(general, "@everyone look")
    anne.say(anne.dm(), "But to you")
    await answered(node, "To me")
    await anne.reads(anne.dm(), "To me")
    assert await texts() == ["But to you", "To me"]


async def test_an_answer_pings_nobody(bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    general = anne.channel(guild, "general")
    asked = anne.say(general, f"<@{bot.me.id}> call everybody")
    await answered(node, f"@everyone @here <@{boris.id}> <@&{guild.id}>")
    thread = await anne.until(lambda: guild.channels.get(asked.id), "the thread")
    assert thread is not None
    await anne.until(lambda: anne.answers(thread), "the answer")
    assert not any(message.pinged for message in anne.answers(thread))
