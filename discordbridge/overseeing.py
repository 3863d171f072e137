"""Who administers a server sees its members' private channels: also those that were there before somebody's role was named, or taken away."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import discord

from discordbridge import permissions
from discordbridge.models import GuildSession
from discordbridge.trouble import TROUBLE, described

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)


class Overseers:
    """Makes the roles that see a channel those that are set. What Discord has refused is not tried again before something changes."""

    def __init__(self) -> None:
        self._refused: dict[int, frozenset[int]] = {}

    async def look(self, bot: "Bot", rows: Iterable[GuildSession]) -> None:
        for row in rows:
            channel = bot.get_channel(row.place) if row.place is not None and row.state == row.State.OPEN else None
            # Threads have no overwrites of their own.
            if row.guild is not None and isinstance(channel, discord.TextChannel) and row.kind in ("channel", "mirror"):
                await self._agree(channel, row.guild.admin_roles)

    async def _agree(self, channel: discord.TextChannel, admin_roles: Iterable[int]) -> None:
        given = permissions.private(channel.guild, None, admin_roles)
        wanted = {
            role: overwrite
            for role, overwrite in given.items()
            if isinstance(role, discord.Role) and not role.is_default()
        }
        seeing = [
            role
            for role, overwrite in channel.overwrites.items()
            if isinstance(role, discord.Role) and not role.is_default() and overwrite.view_channel
        ]
        goal = frozenset(role.id for role in wanted)
        if goal == {role.id for role in seeing} or self._refused.get(channel.id) == goal:
            return
        try:
            # First whom it is taken from.
            for role in seeing:
                if role not in wanted:
                    await channel.set_permissions(role, overwrite=None)
            for role, overwrite in wanted.items():
                if role not in seeing:
                    await channel.set_permissions(role, overwrite=overwrite)
        except discord.Forbidden as error:
            self._refused[channel.id] = goal
            log.warning("discord.roles_not_changed", extra={"channel": channel.id, **described(error)})
        except TROUBLE as error:
            log.info("discord.roles_not_changed", extra={"channel": channel.id, **described(error)})
