"""Messages that were written while the bot could not hear them."""

import datetime
import logging
from typing import TYPE_CHECKING

import discord
from django.utils import timezone

from discordbridge.addressing import addressed
from discordbridge.channels import Readable, channel_at
from discordbridge.trouble import TROUBLE, described

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

ANSWERED_WITHIN = datetime.timedelta(hours=24)
"""Nobody waits any more for an answer to what was asked longer ago."""

MOST_MISSED = 50
"""Messages of one place that are read again."""


async def missed(bot: "Bot", place: int, newest: int) -> None:
    """What was written in a session while the bot was not there."""
    channel = await channel_at(bot, place)
    # Of direct messages Discord does not say which was the last.
    if channel is None or (not isinstance(channel, discord.DMChannel) and (channel.last_message_id or 0) <= newest):
        return
    oldest = discord.utils.time_snowflake(timezone.now() - ANSWERED_WITHIN)
    await read(bot, channel, max(newest, oldest))


async def read(bot: "Bot", channel: Readable, after: int) -> None:
    try:
        found = [
            one async for one in channel.history(limit=MOST_MISSED, after=discord.Object(after), oldest_first=True)
        ]
    except TROUBLE as error:
        log.info("discord.not_read", extra=described(error))
        return
    for message in found:
        if addressed(bot, message):
            await bot.intake.take(message)
        elif (live := bot.registry.at(channel.id)) is not None and live.mirrors:
            bot.dispatch("message_missed", message)
