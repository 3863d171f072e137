"""Moves a session to another member: who had its place loses it first, and gets it back if nothing comes of it."""

import logging
from uuid import UUID

import discord
from django.utils.translation import gettext

from discordbridge import permissions
from discordbridge.actions import administration
from discordbridge.administering import carried_out
from discordbridge.bot import Bot
from discordbridge.rights import Actor
from meatlizard.errors import Forbidden
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


class NotMoved(Forbidden):
    default_code = "not_moved"


async def transfer(bot: Bot, by: Actor, session: UUID, to: discord.Member) -> None:
    """Raises AppError. ``to`` must not be a bot: what it writes is not answered."""
    if to.bot:
        raise NotMoved(gettext("A bot cannot have a session."))
    row = await in_database(administration.session_here, by, str(session))
    channel = bot.get_channel(row.place or 0)
    if not isinstance(channel, discord.TextChannel | discord.Thread):
        raise NotMoved(gettext("The session's channel is not there any more."))
    former = channel.guild.get_member(row.member or 0)
    if former is not None:
        await _shut(channel, former)
    # Whoever had the conversation hears that it is gone; to the bot that would mean to close the session.
    bot.closed(row)
    try:
        moved = await carried_out(by, administration.transfer, by, session, to.id, to.display_name)
    except Exception:
        bot.opened(row)
        if former is not None:
            await _open(channel, former)
        raise
    bot.opened(moved)
    await _open(channel, to)
    await channel.send(
        gettext("An administrator has given this session to {member}.").format(member=to.mention),
        allowed_mentions=discord.AllowedMentions(users=[to]),
    )


async def _shut(channel: discord.TextChannel | discord.Thread, member: discord.Member) -> None:
    try:
        if isinstance(channel, discord.Thread):
            await channel.remove_user(member)
        else:
            await channel.set_permissions(member, overwrite=None)
    except discord.HTTPException as error:
        raise NotMoved(_refused(channel, error)) from error


async def _open(channel: discord.TextChannel | discord.Thread, member: discord.Member) -> None:
    try:
        if isinstance(channel, discord.Thread):
            await channel.add_user(member)
        else:
            overwrite = permissions.private(channel.guild, member, ())[member]
            await channel.set_permissions(member, overwrite=overwrite)
    except discord.HTTPException as error:
        raise NotMoved(_refused(channel, error)) from error


def _refused(channel: discord.TextChannel | discord.Thread, error: discord.HTTPException) -> str:
    log.warning("discord.not_moved", extra={"channel": channel.id, "status": error.status, "code": error.code})
    return gettext("Discord did not let the bot change who sees {channel}. Look at the permissions there.").format(
        channel=channel.mention
    )
