"""``discord_setup`` and ``discord_sync``: what they say, what they make, and when they leave Discord alone."""

import asyncio
import io

import pytest
from django.core.management import CommandError, call_command

from discordbridge import commanding, inspecting
from discordbridge.access import guild_settings
from discordbridge.bot import Bot
from discordbridge.commands_only import CommandsOnly
from meatlizard.threads import in_database
from tests.fakes.discord import FakeDiscord, Guild, May
from tests.fakes.discord.gateway import Intent

pytestmark = [pytest.mark.usefixtures("discord_addresses", "transactional_db")]

SYNCED = ("PUT", "/applications/*commands")


async def run(name: str, *arguments: str) -> str:
    """What the command printed; it has a loop of its own, as at a prompt."""
    printed = io.StringIO()
    try:
        await asyncio.to_thread(call_command, name, *arguments, stdout=printed, no_color=True)
    except CommandError as error:
        return f"{printed.getvalue()}ERROR {error}"
    return printed.getvalue()


def least(fake: FakeDiscord) -> Guild:
    """A guild that invited the bot at the address that ``discord_setup`` prints."""
    return fake.guild(bot_permissions=inspecting.wanted().value)


async def test_all_is_well_after_the_invitation_and_a_sync(fake_discord: FakeDiscord) -> None:
    guild, alice = least(fake_discord), fake_discord.person("alice")
    alice.joins(guild)
    before = await run("discord_setup", "--check")
    assert "does not know these commands yet" in before and "there is no #ai-metrics" in before
    assert f"client_id={fake_discord.world.application.id}" in before
    assert [one.name for one in guild.channels.values()] == ["general"], "--check makes nothing"
    await run("discord_sync")
    after = await run("discord_setup")
    assert "MISSING" not in after and "Everything the bot needs is there." in after
    names = {one.name: one for one in guild.channels.values()}
    assert names.keys() == {"general", "ai-metrics", "ai-transcripts"}
    assert not alice.sees(names["ai-metrics"]) and fake_discord.owner(guild).sees(names["ai-metrics"])
    row = await in_database(guild_settings, guild.id)
    assert row is not None
    assert (row.metrics_channel, row.transcripts_channel) == (names["ai-metrics"].id, names["ai-transcripts"].id)
    assert "made" not in await run("discord_setup"), "a second run finds them"


async def test_what_is_missing_is_said_in_plain_words(fake_discord: FakeDiscord) -> None:
    fake_discord.world.application.intents_allowed = Intent.GUILD_MEMBERS
    fake_discord.guild(bot_permissions=int(May.VIEW_CHANNEL | May.SEND_MESSAGES | May.READ_MESSAGE_HISTORY))
    said = await run("discord_setup")
    assert "MISSING Message Content Intent is off" in said
    assert "MISSING Lizards: the bot's role lacks 'manage channels'" in said
    assert "note    Lizards: the bot's role lacks 'manage threads' (to close threads)" in said
    assert "ERROR" in said and "#ai-metrics cannot be made" in said
    fake_discord.world.application.bot.token = "another"
    assert "Reset Token" in await run("discord_setup")


async def test_without_a_server_the_address_is_the_next_step(fake_discord: FakeDiscord) -> None:
    said = await run("discord_setup", "--check")
    assert "in no server yet" in said and "https://discord.com/oauth2/authorize?" in said


async def test_discord_is_told_of_commands_only_when_they_have_changed(fake_discord: FakeDiscord) -> None:
    guild = least(fake_discord)
    assert "commands everywhere" in await run("discord_sync")
    assert "Nothing has changed" in await run("discord_sync")
    assert len(fake_discord.calls(*SYNCED)) == 1
    assert "commands everywhere" in await run("discord_sync", "--force")
    here = ("--guild", str(guild.id))
    assert "commands in server" in await run("discord_sync", *here)
    assert "Nothing has changed" in await run("discord_sync", *here)
    assert len(fake_discord.world.application.commands[guild.id]) == len(fake_discord.world.application.commands[None])
    await run("discord_sync", *here, "--remove")
    assert fake_discord.world.application.commands[guild.id] == []
    assert "name it with --guild" in await run("discord_sync", "--remove")


async def test_the_commands_are_those_of_the_running_bot(site_bot: Bot, fake_discord: FakeDiscord) -> None:
    """And whoever only wants to know them starts none of its work, nor tells Discord."""
    before = len(fake_discord.calls(*SYNCED))
    async with CommandsOnly() as bot:
        await bot.login(fake_discord.bot_token)
        assert commanding.digest(bot) == commanding.digest(site_bot)
        assert not bot.cogs
    assert len(fake_discord.calls(*SYNCED)) == before == 1
