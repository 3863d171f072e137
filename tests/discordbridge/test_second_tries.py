"""What Discord would not do at first is done later; open channels follow what is set; who asks too early waits."""

import asyncio
from typing import cast

import discord
import pytest

from chat.models import Message
from discordbridge import closing, reconciling
from discordbridge.actions import guilds
from discordbridge.bot import Bot
from discordbridge.models import GuildSession
from meatlizard.threads import in_database
from tests.discordbridge.live import bot_at, private_channel
from tests.fakes.discord import FakeDiscord, Guild
from tests.fakes.discord.state import LOADING
from tests.fakes.node import FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def closed() -> bool:
    return await in_database(lambda: not GuildSession.objects.exclude(state="closed").exists())


async def test_a_channel_that_discord_would_not_delete_goes_later(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    fault = fake_discord.world.faults.answer(503, "DELETE", f"/channels/{channel.id}", times=2)
    session = await in_database(lambda: GuildSession.objects.get().pk)
    await closing.close(bot, session, "asked")
    assert not channel.deleted and not await closed()
    anne.say(channel, "Is anybody there?")
    await reconciling.make_up(bot)
    assert fault.struck == 2 and not await closed()
    await reconciling.make_up(bot)
    assert channel.deleted and await closed() and not bot.unfinished
    assert await in_database(Message.objects.count) == 0, "nothing is taken in a channel that is to go"


async def test_a_channel_that_it_may_not_delete_is_left_to_people(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    fake_discord.world.faults.answer(403, "DELETE", f"/channels/{channel.id}")
    await closing.close(bot, await in_database(lambda: GuildSession.objects.get().pk), "asked")
    assert not channel.deleted and await closed()


async def test_open_channels_follow_the_roles_of_administrators(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne, ada = fake_discord.member(guild, "anne"), fake_discord.member(guild, "ada", "Keepers")
    eve = fake_discord.member(guild, "eve", "Wardens")
    channel = await private_channel(anne, guild)
    keepers, wardens = (
        next(one.id for one in guild.roles.values() if one.name == name) for name in ("Keepers", "Wardens")
    )
    assert not ada.sees(channel) and not eve.sees(channel)
    await in_database(lambda: guilds.configure(guild.id, admin_roles=[keepers]))
    await reconciling.make_up(bot)
    await ada.until(lambda: ada.sees(channel), "the channel")
    assert not eve.sees(channel) and anne.sees(channel)
    await in_database(lambda: guilds.configure(guild.id, admin_roles=[wardens, 1]))
    await fake_discord.world.until(lambda: _sees(bot, channel.id, keepers), "the bot to hear of it")
    await reconciling.make_up(bot)
    await eve.until(lambda: eve.sees(channel), "the channel")
    assert not ada.sees(channel) and anne.sees(channel)
    boris = fake_discord.member(guild, "boris")
    assert not boris.sees(channel)


def _sees(bot: Bot, place: int, role: int) -> bool:
    """Whether the bot has heard that a role sees a channel."""
    channel = cast(discord.TextChannel, bot.get_channel(place))
    return any(target.id == role for target in channel.overwrites)


async def test_who_asks_before_the_bot_is_ready_waits_for_it(
    node: FakeNode, discord_addresses: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connected, and not done yet with what happened meanwhile: the server may be unknown, and what is just being made looks cut off."""
    gate, reached, reconcile = asyncio.Event(), asyncio.Event(), reconciling.reconcile

    async def held(bot: Bot) -> None:
        reached.set()
        await gate.wait()
        await reconcile(bot)

    monkeypatch.setattr(reconciling, "reconcile", held)
    anne = discord_addresses.member(guild, "anne")

    async def ask() -> None:
        await reached.wait()
        general = anne.channel(guild, "general")
        await anne.until(lambda: "chat" in anne.offered(general), "/chat is offered")
        before = set(anne.channels(guild))
        use = await anne.use(general, "chat").answered()
        assert use.message.flags & LOADING, "it is told that something is coming"
        assert set(anne.channels(guild)) == before and not await in_database(GuildSession.objects.exists)
        gate.set()
        await use.says("Nobody but you and administrators")
        assert len(set(anne.channels(guild)) - before) == 1

    asking = asyncio.create_task(ask())
    async with bot_at(discord_addresses):
        await asking
    assert await in_database(lambda: list(GuildSession.objects.values_list("state", flat=True))) == ["open"]
