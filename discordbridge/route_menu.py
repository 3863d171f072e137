"""The menu below an answer that took a route: it names the route, and has the question answered again by another one."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from django.utils.translation import gettext

from chat.routes import reading
from discordbridge import mine
from discordbridge.actions import answers
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

MOST = 25
"""Options of a menu, as Discord has it."""


def beside(message: UUID, taken: str) -> "RouteMenu | None":
    """Below the answer ``message``, which took the route called ``taken``; None where there is no other."""
    routes = reading.remembered()[:MOST]
    if not taken or len(routes) < 2:
        return None
    options = [discord.SelectOption(label=one["name"][:100] or one["key"], value=one["key"]) for one in routes]
    return RouteMenu(message, taken, options)


class RouteMenu(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"route:(?P<message>[0-9a-f]{32})"):
    def __init__(self, message: UUID, taken: str = "", options: Sequence[discord.SelectOption] = ()) -> None:
        words = gettext("Route: {name}. Answer with another one …").format(name=taken)
        super().__init__(
            discord.ui.Select(
                custom_id=f"route:{message.hex}", placeholder=words[:150], options=list(options), min_values=1, max_values=1
            )
        )  # fmt: skip
        self.message = message

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "RouteMenu":
        options = item.options if isinstance(item, discord.ui.Select) else ()
        return cls(UUID(match["message"]), options=options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await mine.answered(interaction, self._carry_out(interaction))

    async def _carry_out(self, interaction: "discord.Interaction[Bot]") -> str:
        by = await mine.presser(interaction, self.message)
        await in_database(answers.taken, interaction.guild_id)
        (route,) = self.item.values or ("",)
        await in_database(answers.again, by.owner, self.message, interaction.id, route)
        return gettext("Asked again.")
