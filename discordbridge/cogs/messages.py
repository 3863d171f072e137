"""Messages that are addressed to the bot: in its sessions, by mention, or directly."""

import discord
from discord.ext import commands

from discordbridge import reading
from discordbridge.bot import Bot

KINDS = (discord.MessageType.default, discord.MessageType.reply)
"""What people write. A thread begins with a message of another kind, which has the thread's own id."""


class Messages(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        if self._addressed(message):
            await self.bot.intake.take(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        message = payload.message
        if message.edited_at is not None and written_by_a_person(message):
            self.bot.keep(self.bot.intake.edited(message), f"edit {message.id}")

    def _addressed(self, message: discord.Message) -> bool:
        return addressed(self.bot, message)


def written_by_a_person(message: discord.Message) -> bool:
    return message.type in KINDS and not message.author.bot and message.webhook_id is None


def addressed(bot: Bot, message: discord.Message) -> bool:
    """Whether the bot is to answer. Decided without the database: most of what is written in a guild is not."""
    if not written_by_a_person(message):
        return False
    if message.guild is None:
        return True
    called = bot.me in message.mentions
    live = bot.registry.at(message.channel.id)
    if live is None or live.mirrors:
        return live is None and called
    if message.author.id == live.member:
        # A word to somebody else in one's own public thread is not for the bot.
        return live.kind != "public" or called or not message.mentions
    return reading.mentions(message.content, bot.me.id)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Messages(bot))
