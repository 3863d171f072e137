"""What every command of administrators does first and last: find out who gives it, carry it out with an entry in the audit, say so."""

import functools
from collections.abc import Callable
from typing import Literal, ParamSpec, TypeVar

import discord

from discordbridge import reports
from discordbridge.actions import administration
from discordbridge.bot import Bot
from discordbridge.rights import Actor, actor
from meatlizard.threads import in_database

Used = discord.Interaction[Bot]
Where = Literal["here", "site"]

P = ParamSpec("P")
R = TypeVar("R")


async def giver(interaction: Used) -> Actor:
    """Whoever uses the command or button, if they may administer anything. Raises AppError."""
    member = interaction.user
    assert isinstance(member, discord.Member), "the group is for servers only"
    roles = [role.id for role in member.roles]
    return await in_database(actor, member.id, member.guild.id, member.guild_permissions.administrator, roles)


async def carried_out(by: Actor, verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """``verb`` in the database, with the Discord account in the audit."""
    return await in_database(functools.partial(administration.through, by, verb, *args, **kwargs))


async def tell(interaction: Used, text: str) -> None:
    await interaction.response.send_message(**reports.told(text))
