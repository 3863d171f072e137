"""Guilds come and go."""

import discord
from discord.ext import commands

from discordbridge.actions import guilds
from discordbridge.bot import Bot
from meatlizard.threads import in_database


class Guilds(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        await in_database(guilds.seen, guild.id, guild.name)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        await in_database(guilds.seen, guild.id, guild.name)

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        if before.name != after.name:
            await in_database(guilds.seen, after.id, after.name)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await in_database(guilds.left, guild.id)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Guilds(bot))
