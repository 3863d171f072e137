"""Tells Discord which commands there are, when they have changed: it takes 200 new ones a day."""

import hashlib
import json
import logging
from typing import TYPE_CHECKING

import discord

from discordbridge.actions import lease
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)


def digest(bot: "Bot") -> str:
    """Of all commands as Discord is told of them, and of whose they are."""
    commands = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    told = json.dumps(
        [bot.application_id, sorted(commands, key=lambda one: (one["type"], one["name"]))], sort_keys=True
    )
    return hashlib.sha256(told.encode()).hexdigest()


async def tell_commands(bot: "Bot") -> None:
    """A refusal is no reason not to run: what Discord knows already goes on working."""
    now = digest(bot)
    if await in_database(lease.commands_known) == now:
        return
    try:
        await bot.tree.sync()
    except (discord.HTTPException, discord.app_commands.CommandSyncFailure) as error:
        log.error("discord.commands_not_told", extra={"reason": str(error)[:500]})
        return
    await in_database(lease.commands_told, now)
