"""Finds what bears on a question among the channels that whoever will read the answer can see."""

from uuid import UUID

import discord

from discordbridge.actions import remembering
from discordbridge.memory import meaning
from discordbridge.models import GuildSession
from meatlizard.accounts.models import User
from meatlizard.threads import in_database


async def recall(message: discord.Message, kind: str, user: User, request: UUID, text: str) -> None:
    """Before the question is asked. Nothing happens in direct messages, and where it is not switched on."""
    guild, author = message.guild, message.author
    if guild is None or not isinstance(author, discord.Member) or not text:
        return
    channels = await in_database(remembering.recalled, guild.id)
    seen = visible(guild, author, channels, everybody=kind == GuildSession.Kind.PUBLIC)
    if seen:
        vector = await meaning.vector_of(text)
        await in_database(remembering.recall, user, request, guild.id, seen, text, vector)


def visible(
    guild: discord.Guild, member: discord.Member, channels: frozenset[int], *, everybody: bool
) -> frozenset[int]:
    """Of ``channels`` those that ``member`` can read back in. ``everybody``: others read the answer too, so only what all can."""
    found = set()
    for key in channels:
        channel = guild.get_channel(key)
        if channel is None:
            continue
        who: list[discord.Role | discord.Member] = [member, *([guild.default_role] if everybody else ())]
        held = [channel.permissions_for(one) for one in who]
        if all(one.view_channel and one.read_message_history for one in held):
            found.add(key)
    return frozenset(found)
