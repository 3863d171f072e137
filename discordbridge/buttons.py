"""Buttons below answers. What they do and for which message stands in their names, so that they go on working when the bot was
restarted; who presses is asked each time.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import discord
from django.utils.translation import gettext

from discordbridge import mine, route_menu
from discordbridge.actions import answers
from discordbridge.calling import Asked
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

Do = Literal["stop", "again", "more", "up", "down"]


@dataclass(frozen=True, slots=True)
class Buttons:
    """Those of the answer ``message``, in order; below them a menu of routes, where it took one, called ``route``."""

    message: UUID
    do: tuple[Do, ...]
    asked: Asked | None = None
    """A call of a tool that its person is to decide on."""
    route: str = ""

    def view(self) -> discord.ui.View:
        view = discord.ui.View(timeout=None)
        if self.asked is not None:
            for button in self.asked.buttons(self.message):
                view.add_item(button)
        for one in self.do:
            view.add_item(AnswerButton(one, self.message))
        if (menu := route_menu.beside(self.message, self.route)) is not None:
            view.add_item(menu)
        return view


def running(message: UUID, asked: Asked | None = None) -> Buttons:
    return Buttons(message, ("stop",), asked)


def over(message: UUID, *, cut: bool, rated: bool, route: str = "") -> Buttons:
    """``rated``: there is something that may be rated."""
    do: list[Do] = ["again"]
    if cut:
        do.append("more")
    if rated:
        do += ["up", "down"]
    return Buttons(message, tuple(do), route=route)


class AnswerButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"answer:(?P<do>stop|again|more|up|down):(?P<message>[0-9a-f]{32})",
):
    def __init__(self, do: Do, message: UUID) -> None:
        name = f"answer:{do}:{message.hex}"
        super().__init__(discord.ui.Button(custom_id=name, style=discord.ButtonStyle.secondary, **_look(do)))
        self.do, self.message = do, message

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "AnswerButton":
        return cls(match["do"], UUID(match["message"]))  # type: ignore[arg-type]

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await mine.answered(interaction, self._carry_out(interaction))

    async def _carry_out(self, interaction: "discord.Interaction[Bot]") -> str:
        by = await mine.presser(interaction, self.message)
        if self.do == "stop":
            await in_database(answers.stop, by.owner, self.message)
            return gettext("Stopping.")
        if self.do in ("up", "down"):
            await in_database(answers.rate, by.own, self.message, self.do)
            return gettext("Thank you. Press it again to take it back.")
        await in_database(answers.taken, interaction.guild_id)
        verb = answers.again if self.do == "again" else answers.go_on
        await in_database(verb, by.owner, self.message, interaction.id)
        return gettext("Asked again.") if self.do == "again" else gettext("Going on.")


def _look(do: Do) -> dict[str, Any]:
    return {
        "stop": {"label": gettext("Stop"), "emoji": "⏹️"},
        "again": {"label": gettext("Regenerate"), "emoji": "🔁"},
        "more": {"label": gettext("Continue"), "emoji": "▶️"},
        "up": {"emoji": "👍"},
        "down": {"emoji": "👎"},
    }[do]
