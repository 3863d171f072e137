"""The site's bot at a Discord: it learns of guilds, and says why it cannot run."""

import asyncio
from collections.abc import Callable

import pytest

from discordbridge import running
from discordbridge.access import guild_settings
from discordbridge.bot import Bot
from meatlizard.threads import in_database
from tests.fakes.discord import FakeDiscord, Guild
from tests.fakes.discord.gateway import Intent


async def test_the_guilds_it_is_in_are_known(site_bot: Bot, guild: Guild) -> None:
    async with asyncio.timeout(20):
        while (row := await in_database(guild_settings, guild.id)) is None:
            await asyncio.sleep(0.02)
    assert row.name == guild.name
    assert site_bot.intents.message_content and site_bot.intents.members


@pytest.mark.parametrize(
    ("break_it", "remedy"),
    [
        (lambda fake: setattr(fake.world.application.bot, "token", "another"), "Reset Token"),
        (lambda fake: setattr(fake.world.application, "intents_allowed", Intent(0)), "Message Content"),
    ],
)
async def test_what_trying_again_does_not_mend_is_said_in_words(
    discord_addresses: FakeDiscord,
    guild: Guild,
    transactional_db: None,
    break_it: Callable[[FakeDiscord], None],
    remedy: str,
) -> None:
    break_it(discord_addresses)
    with pytest.raises(running.CannotRun, match=remedy):
        await running.run_while_leased()
