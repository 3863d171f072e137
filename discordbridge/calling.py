"""Calls of tools at Discord: what is said of them while an answer is written, and the buttons by which their person decides."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote
from uuid import UUID

import discord
from django.utils.translation import gettext

from chat.tools.events import SourceOut, ToolCallOut
from discordbridge import mine
from discordbridge.actions import answers
from discordbridge.relay import status
from discordbridge.relay.inline import escaped
from meatlizard.errors import Forbidden
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

Choice = Literal["yes", "no", "look"]

MOST_SHOWN = 1_500
"""Characters of arguments in a message; more come as a file."""

_CODE = re.compile(r"(```.*?(?:```|\Z)|``.*?``|`[^`\n]*`)", re.DOTALL)
_NUMBERS = re.compile(r"(?<![\]\\])\[(\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,9})\](?![(\[:])")


def line(calls: Sequence[ToolCallOut]) -> str:
    """Of the calls that are open; one that waits for its person comes first, with what it is to be given."""
    waits = next((one for one in calls if one.state == "waiting"), None)
    if waits is not None:
        return status.approval(waits.label, waits.arguments)
    return status.calling(calls[0].label)


def asked(calls: Sequence[ToolCallOut]) -> "Asked | None":
    """The call that its person is to decide on now."""
    waits = next((one for one in calls if one.state == "waiting"), None)
    if waits is None:
        return None
    return Asked(waits.id, whole=not status.approval(waits.label, waits.arguments).endswith("…"))


@dataclass(frozen=True, slots=True)
class Asked:
    """``whole``: the line below the answer shows all that it is to be given. Else nobody says yes before he has looked at it."""

    call: UUID
    whole: bool

    def buttons(self, message: UUID) -> "list[CallButton]":
        return [CallButton("yes" if self.whole else "look", self.call, message), CallButton("no", self.call, message)]


def cited(text: str, sources: Sequence[SourceOut]) -> str:
    """Markdown in which numbers of sources out in the web are links; what is code stays as it is."""
    known = {one.number: one.address for one in sources if one.host}
    if not known:
        return text
    parts = _CODE.split(text)
    # What the pattern has caught stands at the odd places.
    return "".join(
        part if at % 2 else _NUMBERS.sub(lambda found: _links(found, known), part) for at, part in enumerate(parts)
    )


def _links(found: "re.Match[str]", known: dict[int, str]) -> str:
    numbers = [int(one) for one in re.findall(r"\d+", found[1])]
    if any(number not in known for number in numbers):
        return found[0]
    return " ".join(f"[{number}](<{quote(known[number], safe=_AS_THEY_ARE)}>)" for number in numbers)


_AS_THEY_ARE = "/:?&=#%;,+@~!$'*-._"


class CallButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"call:(?P<choice>yes|no|look):(?P<call>[0-9a-f]{32}):(?P<message>[0-9a-f]{32})",
):
    """Says yes or no to one call. It goes on working when the bot was restarted; who presses is asked each time."""

    def __init__(self, choice: Choice, call: UUID, message: UUID) -> None:
        name = f"call:{choice}:{call.hex}:{message.hex}"
        super().__init__(discord.ui.Button(custom_id=name, **_look(choice)))
        self.choice, self.call, self.message = choice, call, message

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "CallButton":
        return cls(match["choice"], UUID(match["call"]), UUID(match["message"]))  # type: ignore[arg-type]

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await mine.answered(interaction, self._carry_out(interaction))

    async def _carry_out(self, interaction: "discord.Interaction[Bot]") -> str:
        by = await mine.presser(interaction, self.message)
        if not by.member:
            # An administrator may stop somebody's answer, and not act in his name.
            raise Forbidden(gettext("Only the person who asked decides on this."))
        if self.choice == "look":
            await self._show(interaction, await in_database(answers.arguments, by.own, self.call))
            return gettext("Decide by the buttons above.")
        await in_database(answers.decide, by.own, self.call, self.choice == "yes")
        return gettext("Allowed.") if self.choice == "yes" else gettext("Declined.")

    async def _show(self, interaction: "discord.Interaction[Bot]", arguments: str) -> None:
        """All of it, to whoever is to decide."""
        view = discord.ui.View(timeout=None)
        view.add_item(CallButton("yes", self.call, self.message))
        view.add_item(CallButton("no", self.call, self.message))
        if len(arguments) > MOST_SHOWN:
            file = discord.File(io.BytesIO(arguments.encode()), "arguments.json")
            await interaction.followup.send(
                gettext("This is what it would be given."), file=file, view=view, ephemeral=True
            )
        else:
            await interaction.followup.send(escaped(arguments), view=view, ephemeral=True)


def _look(choice: Choice) -> dict[str, Any]:
    return {
        "yes": {"label": gettext("Allow"), "style": discord.ButtonStyle.success},
        "no": {"label": gettext("Decline"), "style": discord.ButtonStyle.danger},
        "look": {"label": gettext("Look at it"), "style": discord.ButtonStyle.primary},
    }[choice]
