"""Where something is written at Discord."""

import logging
from typing import TYPE_CHECKING

import discord

from discordbridge.trouble import TROUBLE, described

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

Readable = discord.TextChannel | discord.Thread | discord.DMChannel


async def channel_at(bot: "Bot", place: int) -> Readable | None:
    """None when it is gone, closed to the bot, or Discord has trouble. Threads that are archived are not in the bot's memory."""
    channel: object = bot.get_channel(place)
    if channel is None:
        try:
            channel = await bot.fetch_channel(place)
        except TROUBLE as error:
            log.info("discord.no_channel", extra=described(error))
            return None
    return channel if isinstance(channel, Readable) else None
