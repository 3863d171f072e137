"""Which messages are for the bot."""

from typing import TYPE_CHECKING

import discord

from discordbridge import reading

if TYPE_CHECKING:
    from discordbridge.bot import Bot

KINDS = (discord.MessageType.default, discord.MessageType.reply)
"""What people write. A thread begins with a message of another kind, which has the thread's own id."""


def written_by_a_person(message: discord.Message) -> bool:
    return message.type in KINDS and not message.author.bot and message.webhook_id is None


def addressed(bot: "Bot", message: discord.Message) -> bool:
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
