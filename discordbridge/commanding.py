"""Tells Discord which commands there are, when they have changed: it takes 200 new ones a day."""

import hashlib
import json
import logging
from typing import TYPE_CHECKING

import discord

from discordbridge.actions import guilds, lease
from discordbridge.trouble import TROUBLE
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

NOT_TAKEN: tuple[type[Exception], ...] = (*TROUBLE, discord.app_commands.CommandSyncFailure)


def digest(bot: "Bot") -> str:
    """Of all commands as Discord is told of them, and of whose they are."""
    commands = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    told = json.dumps(
        [bot.application_id, sorted(commands, key=lambda one: (one["type"], one["name"]))], sort_keys=True
    )
    return hashlib.sha256(told.encode()).hexdigest()


async def tell_commands(bot: "Bot") -> None:
    """A refusal is no reason not to run: what Discord knows already goes on working."""
    try:
        await everywhere(bot)
    except NOT_TAKEN as error:
        log.error("discord.commands_not_told", extra={"reason": str(error)[:500]})


async def everywhere(bot: "Bot", *, force: bool = False) -> int | None:
    """How many commands Discord now knows, in all servers and direct messages; None when it knew them before. Raises what discord.py does."""
    now = digest(bot)
    if not force and await in_database(lease.commands_known) == now:
        return None
    told = await bot.tree.sync()
    await in_database(lease.commands_told, now)
    return len(told)


async def only_in(bot: "Bot", guild: int, *, force: bool = False) -> int | None:
    """The same for one server, where changes show at once and where each command then stands twice: for trying them out."""
    now = digest(bot)
    if not force and await in_database(guilds.commands_known, guild) == now:
        return None
    place = discord.Object(guild)
    bot.tree.copy_global_to(guild=place)
    told = await bot.tree.sync(guild=place)
    await in_database(guilds.commands_told, guild, now)
    return len(told)


async def take_from(bot: "Bot", guild: int) -> None:
    """The server's own commands go; those of everywhere stay."""
    await bot.tree.sync(guild=discord.Object(guild))
    await in_database(guilds.commands_told, guild, "")
