"""Messages that are addressed to the bot: in its sessions, by mention, or directly."""

import discord
from discord.ext import commands

from discordbridge.addressing import addressed, written_by_a_person
from discordbridge.bot import Bot


class Messages(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        if addressed(self.bot, message):
            await self.bot.intake.take(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        message = payload.message
        if message.edited_at is not None and written_by_a_person(message):
            self.bot.keep(self.bot.intake.edited(message), f"edit {message.id}")

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self.bot.intake.deleted({payload.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        await self.bot.intake.deleted(payload.message_ids)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Messages(bot))
