"""Keeps rows and places in agreement: at each start, and when either goes."""

import asyncio
import logging

import discord
from discord.ext import commands

from discordbridge import closing, reconciling
from discordbridge.access import has_its_conversation, live_session, member_sessions
from discordbridge.actions import guilds, lease, seen
from discordbridge.bot import Bot
from discordbridge.looking import Looking
from discordbridge.registry import Live
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SWEEP_SECONDS = 20.0
FORGET_SECONDS = 6 * 3600.0
AGAIN_SECONDS = 5.0


class Upkeep(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._one_at_a_time = asyncio.Lock()
        self._sweeping: Looking | None = None

    async def cog_load(self) -> None:
        self._sweeping = Looking(self.bot, self.sweep, SWEEP_SECONDS, "sweep")
        Looking(self.bot, self.forget, FORGET_SECONDS, "forgetting old messages")

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """At each start, and after each connection that could not be resumed: news of what happened meanwhile is lost."""
        async with self._one_at_a_time:
            while True:
                try:
                    await reconciling.reconcile(self.bot)
                    return
                except Exception:
                    # Until it is done nothing is made up for, and no web session is mirrored.
                    log.exception("discord.not_reconciled")
                await asyncio.sleep(AGAIN_SECONDS)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        if isinstance(channel, discord.CategoryChannel):
            await in_database(guilds.forget_category, channel.guild.id, channel.id)
        else:
            await self._gone(channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._gone(payload.thread_id)

    @commands.Cog.listener()
    async def on_place_gone(self, place: int) -> None:
        await self._gone(place)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        for row in await in_database(member_sessions, payload.guild_id, payload.user.id):
            await closing.close(self.bot, row.pk, "member_left")

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for row in await in_database(member_sessions, guild.id):
            await closing.close(self.bot, row.pk, "guild_left")

    @commands.Cog.listener()
    async def on_conversation_gone(self, live: Live) -> None:
        # Its former owner hears the same of one that was given away, and the news may be older than the session as it is now.
        if await in_database(has_its_conversation, live.session):
            return
        await closing.close(self.bot, live.session, "conversation_deleted")

    @commands.Cog.listener()
    async def on_guild_configured(self, guild: int) -> None:
        if self._sweeping is not None:
            self._sweeping.hint()

    async def sweep(self) -> None:
        """Brings to their places what could not be shown before."""
        # Not before: what was written since the bot was last alive is still to be looked for.
        await self.bot.reconciled.wait()
        await in_database(lease.note_alive)
        await reconciling.make_up(self.bot)

    async def forget(self) -> None:
        await in_database(seen.forget_old)

    async def _gone(self, place: int) -> None:
        row = await in_database(live_session, place)
        if row is not None:
            await closing.close(self.bot, row.pk, "channel_deleted")


async def setup(bot: Bot) -> None:
    await bot.add_cog(Upkeep(bot))
