"""Who is a member of a guild."""

import logging

import discord

from discordbridge.trouble import TROUBLE, described

log = logging.getLogger(__name__)


async def is_member(guild: discord.Guild, member: int) -> bool:
    """Discord is asked about who is not in the bot's memory, which may have holes; while it has trouble, nobody has left."""
    if guild.get_member(member) is not None:
        return True
    try:
        return await guild.fetch_member(member) is not None
    except discord.NotFound:
        return False
    except TROUBLE as error:
        log.warning("discord.not_looked_up", extra=described(error))
        return True
