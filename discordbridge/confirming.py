"""Asks whoever gives a destructive command whether they mean it: two buttons, for one minute, for one press.

What waits lies in the memory of the bot's process. After a restart, or the minute, a press is told that the question is over.
"""

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from django.utils.translation import gettext

from discordbridge import reports
from meatlizard.errors import AppError

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

SECONDS = 60.0

Go = Callable[[discord.Interaction[Any]], Awaitable[str]]
"""Does it, with the interaction of the press; what to say then. May raise AppError."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    by: int
    go: Go


_waiting: dict[str, _Waiting] = {}


class Choice(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"admin:(?P<do>yes|no):(?P<key>[0-9a-f]{32})"):
    """One of the two buttons, known by its name whatever became of the message's own view."""

    def __init__(self, do: str, key: str, label: str = "…") -> None:
        style = discord.ButtonStyle.danger if do == "yes" else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"admin:{do}:{key}"))
        self.do, self.key = do, key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "Choice":
        return cls(match["do"], match["key"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        found = _waiting.get(self.key)
        if found is not None and found.by != interaction.user.id:
            await interaction.response.send_message(**reports.told(gettext("Somebody else was asked this.")))
            return
        # Taken out before anything is awaited: a second press finds nothing.
        _waiting.pop(self.key, None)
        if found is None:
            await _replace(interaction, gettext("This question is over. Give the command again if you still mean it."))
        elif self.do == "no":
            await _replace(interaction, gettext("Nothing was done."))
        else:
            await interaction.response.defer()
            said = await _done(found, interaction)
            await interaction.edit_original_response(
                content=said[:2_000], view=None, allowed_mentions=discord.AllowedMentions.none()
            )


async def _done(waiting: _Waiting, interaction: discord.Interaction[Any]) -> str:
    """discord.py would write a failure of a button into a log and leave whoever pressed it without a word."""
    try:
        return await waiting.go(interaction)
    except AppError as error:
        return error.message
    except Exception as error:
        log.error("discord.confirmed_and_failed", exc_info=error)
        return gettext("Something went wrong on the site. Look whether it was done before you try again.")


async def _replace(interaction: discord.Interaction[Any], text: str) -> None:
    await interaction.response.edit_message(content=text, view=None)


async def ask(interaction: "discord.Interaction[Bot]", question: str, label: str, go: Go) -> None:
    """Asks ``question`` with a button ``label``. Whoever presses it within the minute has ``go`` done."""
    key = uuid.uuid4().hex
    view = discord.ui.View(timeout=None)
    view.add_item(Choice("yes", key, label))
    view.add_item(Choice("no", key, gettext("Cancel")))
    _waiting[key] = _Waiting(interaction.user.id, go)
    if interaction.response.is_done():
        await interaction.followup.send(**reports.told(question), view=view)
    else:
        await interaction.response.send_message(**reports.told(question), view=view)
    interaction.client.keep(_expire(interaction, key), f"admin question {key}")


async def _expire(interaction: "discord.Interaction[Bot]", key: str) -> None:
    await asyncio.sleep(SECONDS)
    if _waiting.pop(key, None) is not None:
        with contextlib.suppress(discord.HTTPException):
            text = gettext("This question is over: nobody answered within a minute. Nothing was done.")
            await interaction.edit_original_response(content=text, view=None)
