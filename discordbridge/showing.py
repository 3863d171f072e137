"""What shows the turns of a conversation at Discord."""

from typing import Protocol

import discord

from chat.turns import Turn
from discordbridge.registry import Live

Channel = discord.TextChannel | discord.Thread | discord.DMChannel


class Shower(Protocol):
    """Shows a turn from now until it is final. May be cancelled at any moment, and is then called again, perhaps by another process:
    what was posted is known by its rows (:mod:`discordbridge.actions.posting`).
    """

    async def question(self, live: Live, channel: Channel, turn: Turn) -> None:
        """One that was asked elsewhere, on the web."""

    async def answer(self, live: Live, channel: Channel, turn: Turn) -> None: ...
