"""The bot dies and comes back: nothing is asked twice, answered twice or lost, and rows and channels agree again."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from unittest import mock

import pytest

from chat.models import Conversation, Message
from discordbridge import asking
from discordbridge.actions import beginning, lease, seen, sessions
from discordbridge.actions.accounts import known
from discordbridge.models import GuildSession, SeenMessage
from discordbridge.places import topic_of
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import node_for
from tests.discordbridge.live import answered, asked, bot_at, private_channel, said
from tests.fakes.discord import FakeDiscord, Guild
from tests.fakes.node import FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def node(olga: User, discord_addresses: FakeDiscord) -> AsyncIterator[FakeNode]:
    async with serving(), await node_for(olga) as one:
        await one.hello("tiny")
        yield one


async def questions() -> list[str]:
    rows = Message.objects.filter(role="user").order_by("created")
    return await in_database(lambda: list(rows.values_list("content", flat=True)))


async def test_what_was_written_meanwhile_is_answered_once(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord) as bot:
        channel = await private_channel(anne, guild)
        anne.say(channel, "Before")
        await answered(node, "Heard")
        await anne.reads(channel, "Heard")
        general = anne.channel(guild, "general")
        await until(lambda: in_database(lambda: SeenMessage.objects.filter(fate="asked").exists()))
        await in_database(lease.note_alive)
    anne.say(channel, "Meanwhile")
    mention = anne.say(general, f"<@{bot.me.id}> and here?")
    for _ in range(2):
        async with bot_at(fake_discord):
            if _ == 0:
                heard = {await answered(node, "Late"), await answered(node, "Late as well")}
                assert heard == {"Meanwhile", "and here?"}
            await anne.until(lambda: len(anne.answers(channel)) == 2, "the late answer")
            await anne.until(lambda: mention.id in guild.channels, "the thread")
            await anne.until(lambda: len(anne.answers(guild.channels[mention.id])) == 1, "the answer in the thread")
            await until(lambda: in_database(lambda: SeenMessage.objects.filter(fate="asked").count() == 3))  # type: ignore[arg-type]
    assert sorted(await questions()) == ["Before", "Meanwhile", "and here?"]


async def test_a_bot_that_dies_over_a_message_asks_it_when_it_is_back(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)
        with mock.patch.object(asking, "_settle", side_effect=asyncio.CancelledError):
            anne.say(channel, "Once only")
            job = await asked(node)
            await until(lambda: in_database(lambda: SeenMessage.objects.filter(fate="taken").exists()))
    async with bot_at(fake_discord):
        await until(lambda: in_database(lambda: SeenMessage.objects.filter(fate="asked").exists()))
        await node.text(job, 0, "Indeed")
        await node.finish(job, 6)
        await anne.reads(channel, "Indeed")
    assert await questions() == ["Once only"]
    assert said(anne, channel).count("Indeed") == 1


async def test_an_answer_that_ended_meanwhile_is_brought(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)
        anne.say(channel, "Take your time")
        job = await asked(node)
        await until(lambda: in_database(lambda: SeenMessage.objects.filter(fate="asked").exists()))
    await node.text(job, 0, "Done in the dark")
    await node.finish(job, 16)
    async with bot_at(fake_discord):
        await anne.reads(channel, "Done in the dark")
    async with bot_at(fake_discord):
        assert sum("Done in the dark" in text for text in anne.texts(channel)) == 1


async def test_rows_and_channels_agree_again(node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    async with bot_at(fake_discord):
        gone = await private_channel(anne, guild)
        left = await private_channel(boris, guild)
        stays = await private_channel(anne, guild)
    fake_discord.owner(guild).delete_channel(gone)
    boris.leaves(guild)
    async with bot_at(fake_discord) as bot:
        assert [one.place for one in bot.registry] == [stays.id]
    assert left.deleted
    rows = await in_database(lambda: dict(GuildSession.objects.exclude(reason="").values_list("place", "reason")))
    assert rows == {gone.id: "channel_deleted", left.id: "member_left"}


async def test_creations_that_were_cut_off_are_finished_or_taken_back(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)

    def cut_off() -> None:
        GuildSession.objects.update(state="creating", place=None)
        owner = known(anne.id, "Anne").user
        begin = partial(sessions.begin, owner, beginning.conversation(owner), guild=guild.id, member=anne.id)
        begin(kind="channel", request=5)

    await in_database(cut_off)
    async with bot_at(fake_discord) as bot:
        assert [one.place for one in bot.registry] == [channel.id]
        (live,) = bot.registry
        assert channel.topic == topic_of(live.session)
        anne.say(channel, "Still here?")
        assert await answered(node, "Still") == "Still here?"
        await anne.reads(channel, "Still")
    assert await in_database(Conversation.objects.count) == 1, "what was never opened left nothing"


async def test_a_closing_that_was_cut_off_is_finished(node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)
    row = await in_database(GuildSession.objects.get)
    assert await in_database(sessions.closing, row.pk, "asked")
    async with bot_at(fake_discord) as bot:
        assert len(bot.registry) == 0
    assert channel.deleted
    assert await in_database(lambda: GuildSession.objects.get().state) == "closed"


async def test_news_that_come_again_after_a_resume_are_dealt_with_once(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord) as bot:
        channel = await private_channel(anne, guild)
        said = anne.say(channel, "Once")
        assert await answered(node, "Once it is") == "Once"
        await anne.reads(channel, "Once it is")
        discord_channel = bot.get_channel(channel.id)
        message = await discord_channel.fetch_message(said.id)  # type: ignore[union-attr]
        bot.dispatch("message", message)
        anne.say(channel, "Twice")
        assert await answered(node, "Twice it is") == "Twice"
    assert await questions() == ["Once", "Twice"]
    assert await in_database(seen.question_of, said.id) is not None
