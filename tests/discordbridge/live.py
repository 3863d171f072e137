"""The real bot at the fake Discord, in a test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest import mock

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from django.test import override_settings

from discordbridge.actions import lease
from discordbridge.bot import Bot
from meatlizard.threads import in_database
from tests.fakes.discord import FakeDiscord

SECONDS = 20.0


@asynccontextmanager
async def bot_at(fake: FakeDiscord) -> AsyncIterator[Bot]:
    """Connected, and done with what it does first."""
    addresses = {
        "DISCORD_TOKEN": fake.bot_token, "DISCORD_API_URL": fake.api_url, "DISCORD_GATEWAY_URL": fake.gateway_url,
        "DISCORD_CDN_URL": fake.cdn_url,
    }  # fmt: skip
    with (
        override_settings(**addresses),
        mock.patch.object(Route, "BASE"),
        mock.patch.object(DiscordWebSocket, "DEFAULT_GATEWAY"),
        mock.patch.object(Asset, "BASE"),
    ):
        await in_database(lease.take, "test", 60)
        async with Bot() as bot:
            # Two seconds that the library waits for more guilds to come.
            bot._connection.guild_ready_timeout = 0.05
            running = asyncio.create_task(bot.start(fake.bot_token))
            ready = asyncio.create_task(bot.reconciled.wait())
            try:
                await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
                if running.done():
                    running.result()
                assert ready.done(), "the bot never became ready"
                yield bot
            finally:
                ready.cancel()
                await bot.close()
                await asyncio.gather(running, return_exceptions=True)
