"""What is refused, lost, deleted, full or cut off: told in words, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import discord
import pytest
from django.utils import timezone

from chat import actions as chat
from chat import keeping
from chat.models import Conversation, Generation, Message, Upload
from discordbridge import closing, reconciling
from discordbridge.actions import guilds, linking, sessions
from discordbridge.bot import Bot
from discordbridge.cogs.upkeep import Upkeep
from discordbridge.models import GuildSession, SeenMessage
from meatlizard.accounts.models import Tier, User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import node_for
from tests.discordbridge.live import answered, asked, bot_at, private_channel, said
from tests.fakes.discord import FakeDiscord, Guild, May
from tests.fakes.node import FakeNode, until

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


async def closed() -> bool:
    return await in_database(lambda: not GuildSession.objects.exclude(state="closed").exists())


async def reason() -> str:
    await until(closed)
    return await in_database(lambda: GuildSession.objects.latest("created").reason)


ZALGO = "H" + "\u0301\u0302\u0303\u0304\u0305\u0306" * 200 + "i"
BACKWARDS = "\u202egnp.exe\u202c \u2067right\u2069"


async def test_odd_texts_are_asked_as_what_they_say(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    anne.say(channel, ZALGO)
    assert len(await answered(node, "Hello")) == 6
    anne.say(channel, BACKWARDS)
    assert await answered(node, "Hm") == "gnp.exe right"
    anne.say(channel, "😀" * 900 + f" <:lizard:{2**60}>" + f" <@{2**59}> <#{2**58}> </chat:{2**57}>")
    question = await answered(node, "Many")
    assert question.startswith("😀" * 900)
    assert question.endswith(":lizard: @somebody #a channel /chat")
    await anne.reads(channel, "Many")


async def test_files_are_read_and_too_many_are_refused(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    anne.say(channel, "What does it say?", files={"notes.txt": b"Skinks like sun."})
    assert "Skinks like sun." in await answered(node, "That they like sun")
    await anne.reads(channel, "That they like sun")
    assert await in_database(Upload.objects.count) == 1
    anne.say(channel, files={"archive.zip": b"PK\x03\x04" + bytes(50)})
    await anne.until(lambda: len(anne.answers(channel)) >= 2, "words about the archive")
    assert await in_database(lambda: Message.objects.filter(role="user").count()) == 1


async def test_what_waits_is_asked_as_it_stands_or_not_at_all(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    anne.say(channel, "First")
    job = await asked(node)
    gone, changed = anne.say(channel, "Gone"), anne.say(channel, "Before")

    def waiting() -> list[str]:
        return [one.content for one in bot.intake._waiting.get(channel.id, ())]

    await fake_discord.world.until(lambda: waiting() == ["Gone", "Before"], "both wait")
    anne.delete(gone)
    anne.edit(changed, "After")
    await fake_discord.world.until(lambda: waiting() == ["After"], "the bot heard of both")
    await node.text(job, 0, "One")
    await node.finish(job, 3)
    assert await answered(node, "Two") == "After"
    await anne.reads(channel, "Two")
    assert await in_database(lambda: Message.objects.filter(content__in=["Gone", "Before"]).count()) == 0


async def test_trouble_with_the_storage_is_told(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("discordbridge.files._keep", full)
    anne.say(channel, "Look", files={"a.txt": b"lizard"})
    await anne.reads(channel, "There was trouble just now")
    anne.say(channel, "And without?")
    assert await answered(node, "Yes") == "And without?"


async def test_what_says_nothing_is_answered_civilly(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    general = anne.channel(guild, "general")
    anne.say(general, f"<@{bot.me.id}>")
    await anne.reads(general, "I read text, images and documents")
    assert await in_database(GuildSession.objects.count) == 0


async def test_limits_bans_and_maintenance_are_told_in_words(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    await in_database(lambda: guilds.configure(guild.id, maintenance="soft"))
    anne.say(channel, "One")
    await anne.reads(channel, "looked after")
    await in_database(lambda: guilds.configure(guild.id, maintenance="off", enabled=False))
    anne.say(channel, "Two")
    await anne.reads(channel, "switched me off")
    await in_database(lambda: guilds.configure(guild.id, enabled=True))
    await in_database(lambda: Tier.objects.update(weekly_tokens=10))
    anne.say(channel, "Three")
    await anne.reads(channel, "tokens")
    owner = await in_database(lambda: User.objects.get(discord_account__id=anne.id))
    until_when = timezone.now() + timedelta(hours=1)
    await in_database(lambda: User.objects.filter(pk=owner.pk).update(suspended_until=until_when))
    anne.say(channel, "Four")
    await anne.reads(channel, "suspended")
    assert await in_database(Message.objects.count) == 0
    assert await in_database(lambda: SeenMessage.objects.filter(fate="refused").count()) == 4


async def test_a_channel_deleted_by_hand_ends_its_session_and_nothing_else(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    anne.say(channel, "Tell me")
    job = await asked(node)
    await node.text(job, 0, "Once")
    fake_discord.owner(guild).delete_channel(channel)
    assert await reason() == "channel_deleted"
    await node.finish(job, 4)
    await until(lambda: in_database(lambda: Message.objects.filter(content="Once").exists()))
    again = await private_channel(anne, guild)
    assert again.id != channel.id
    await anne.until(lambda: [one.place for one in bot.registry] == [again.id], "the new session alone")
    assert await in_database(lambda: Conversation.objects.filter(place="web").count()) == 1, (
        "the first one is read there now"
    )


async def test_who_leaves_takes_the_channel_along(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    anne.leaves(guild)
    assert await reason() == "member_left"
    assert channel.deleted


async def test_the_trash_on_the_web_closes_the_channel(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    talk = await in_database(Conversation.objects.select_related("owner").get)
    await in_database(keeping.discard, talk.owner, [talk.pk])
    assert await reason() == "conversation_deleted"
    assert channel.deleted


async def test_the_trash_before_anybody_listens_closes_the_channel(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its member sees the channel, and the conversation on the web, before the bot follows it: those news reach nobody."""
    opened = sessions.opened

    def trashed_first(session: UUID, place: int, parent: int | None = None, kind: str = "") -> bool:
        Conversation.objects.update(removed=timezone.now())
        return opened(session, place, parent, kind)

    monkeypatch.setattr(sessions, "opened", trashed_first)
    # Not the sweep's doing, which comes a while later.
    monkeypatch.setattr("discordbridge.reconciling.homeless", set)
    channel = await private_channel(fake_discord.member(guild, "anne"), guild)
    assert await reason() == "conversation_deleted"
    assert channel.deleted


async def test_the_trash_whose_news_were_lost_closes_the_channel_alone(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discordbridge.cogs.upkeep.has_its_conversation", lambda _: True)
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    channel, other = await private_channel(anne, guild), await private_channel(boris, guild)
    await fake_discord.world.until(lambda: len(bot.registry) == 2, "the bot knows them")
    rows = Conversation.objects.filter(guild_sessions__place=channel.id)
    await in_database(rows.update, removed=timezone.now())
    await reconciling.make_up(bot)
    await fake_discord.world.until(lambda: channel.deleted, "it is gone")
    assert not other.deleted
    assert await in_database(lambda: GuildSession.objects.get(place=channel.id).reason) == "conversation_deleted"


async def test_old_news_of_a_conversation_that_is_there_close_nothing(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    """Its former owner's pages hear of one that was given away that it is gone, and so may the bot, later."""
    channel = await private_channel(fake_discord.member(guild, "anne"), guild)
    await fake_discord.world.until(lambda: len(bot.registry) == 1, "the bot knows it")
    (live,) = bot.registry
    upkeep = cast(Upkeep, bot.get_cog("Upkeep"))
    await upkeep.on_conversation_gone(live)
    assert not channel.deleted
    await in_database(lambda: Conversation.objects.update(removed=timezone.now()))
    await upkeep.on_conversation_gone(live)
    assert channel.deleted


async def test_who_unties_the_accounts_is_not_read_along_with_any_more(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    channel, other = await private_channel(anne, guild), await private_channel(boris, guild)
    await fake_discord.world.until(lambda: len(bot.registry) == 2, "the bot knows it")
    await in_database(linking.link, anne.id, "Anne", alice)
    await reconciling.make_up(bot)
    assert anne.sees(channel)
    await in_database(linking.unlink, alice)
    await reconciling.make_up(bot)
    assert channel.deleted and not other.deleted
    assert await in_database(lambda: Conversation.objects.filter(owner=alice).count()) == 1


async def test_a_thread_that_discord_has_archived_gets_what_is_said_and_goes_at_the_end(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    await in_database(lambda: guilds.configure(guild.id, session_kind="thread"))
    thread = await private_channel(anne, guild)
    await fake_discord.world.until(lambda: len(bot.registry) == 1, "the bot knows it")
    talk = await in_database(Conversation.objects.select_related("owner").get)

    async def archive() -> None:
        found = cast(discord.Thread, bot.get_channel(thread.id))
        await found.edit(archived=True)
        await fake_discord.world.until(lambda: bot.get_channel(thread.id) is None, "the bot forgets it")

    await archive()
    await in_database(chat.send, talk.owner, talk.pk, uuid4(), "From the web")
    await answered(node, "To Discord")
    await anne.reads(thread, "To Discord")
    await archive()
    await closing.close(bot, (await in_database(GuildSession.objects.get)).pk, "asked")
    assert thread.deleted


async def test_closing_twice_at_once_closes_once(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:

    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    row = await in_database(GuildSession.objects.get)
    done = await asyncio.gather(*(closing.close(bot, row.pk, "asked") for _ in range(3)))
    assert done.count(True) == 1
    assert channel.deleted
    assert len(fake_discord.calls("DELETE", "/channels/*")) == 1


async def test_without_permission_it_says_so_and_leaves_nothing(node: FakeNode, discord_addresses: FakeDiscord) -> None:
    guild = discord_addresses.guild(
        bot_permissions=int(May.VIEW_CHANNEL | May.SEND_MESSAGES | May.READ_MESSAGE_HISTORY)
    )
    async with bot_at(discord_addresses):
        anne = discord_addresses.member(guild, "anne")
        use = anne.use(anne.channel(guild, "general"), "chat")
        reply = await use.answered()
        assert reply is not None
        await anne.reads(anne.channel(guild, "general"), "manage channels")
    assert await closed()
    assert await in_database(Conversation.objects.count) == 0


async def test_a_full_category_flows_over(bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild) -> None:
    anne = fake_discord.member(guild, "anne")
    first = await private_channel(anne, guild)
    guild.category_limit = 1
    second = await private_channel(anne, guild)
    assert first.parent_id != second.parent_id
    names = [one.name for one in guild.channels.values() if one.kind == 4]
    assert names == ["MeatLizard", "MeatLizard 2"]


async def test_a_full_guild_gives_up_its_idlest_channel(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne, boris = fake_discord.member(guild, "anne"), fake_discord.member(guild, "boris")
    old = await private_channel(anne, guild)
    guild.channel_limit = len(guild.channels)
    thread = await private_channel(boris, guild)
    assert thread.thread is not None, "nobody is turned out of a channel that was used a moment ago"
    before = timezone.now() - timedelta(days=3)
    await in_database(lambda: GuildSession.objects.filter(place=old.id).update(used=before))
    new = await private_channel(boris, guild)
    assert new.thread is None
    assert old.deleted
    await anne.reads(anne.dm(), "to make room")
    assert not boris.sees(old)


async def test_discord_failing_in_mid_creation_leaves_nothing(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    fake_discord.world.faults.answer(503, "POST", "/guilds/*/channels")
    anne.use(anne.channel(guild, "general"), "chat")
    await anne.reads(anne.channel(guild, "general"), "Discord has trouble")
    assert await closed()
    assert await in_database(Conversation.objects.count) == 0
    assert await private_channel(anne, guild)


async def test_an_answer_that_discord_would_not_take_comes_later(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    fault = fake_discord.world.faults.answer(503, "POST", f"/channels/{channel.id}/messages", times=2)
    monkeypatch.setattr("discordbridge.watching.PAUSE", 0.01)
    anne.say(channel, "Are you there?")
    await answered(node, "I am")
    await anne.reads(channel, "I am")
    assert fault.struck == 2
    assert said(anne, channel) == ["I am"]
    assert await in_database(Generation.objects.filter(purpose="answer").count) == 1
