"""What shows the turns of a conversation at Discord, and the plain form of it: whole answers, when they are done."""

import logging
from collections.abc import Iterator
from typing import Protocol

import discord
from django.utils.translation import gettext

from chat.turns import Turn
from discordbridge import following
from discordbridge.actions import posting
from discordbridge.following import Finished
from discordbridge.registry import Live
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LONGEST = 1_900

Channel = discord.TextChannel | discord.Thread | discord.DMChannel


class Shower(Protocol):
    """Shows a turn from now until it is final. May be cancelled at any moment, and is then called again, perhaps by another process:
    what was posted is known by its rows (:mod:`discordbridge.actions.posting`).
    """

    async def question(self, live: Live, channel: Channel, turn: Turn) -> None:
        """One that was asked elsewhere, on the web."""

    async def answer(self, live: Live, channel: Channel, turn: Turn) -> None: ...


class PlainShower:
    async def question(self, live: Live, channel: Channel, turn: Turn) -> None:
        quoted = "\n".join(f"> {line}" for line in turn.content.splitlines()) or "> …"
        await self._post(live, channel, turn, f"**{gettext('On the web')}**\n{quoted}")

    async def answer(self, live: Live, channel: Channel, turn: Turn) -> None:
        text = turn.content
        if not turn.over and turn.generation is not None:
            async for news in following.answer(live.conversation, turn.generation):
                if isinstance(news, Finished):
                    text = news.text or news.event.message.error
        await self._post(live, channel, turn, text or gettext("(no answer)"))

    async def _post(self, live: Live, channel: Channel, turn: Turn, text: str) -> None:
        for number, part in enumerate(_parts(text)):
            row = await in_database(posting.reserve, live.session, turn.message, number, channel.id)
            if row.discord_id is None:
                message = await channel.send(part, nonce=row.nonce)
                await in_database(posting.sent, row.pk, message.id)
        await in_database(posting.settle, live.session, turn.message)


def _parts(text: str) -> Iterator[str]:
    for at in range(0, len(text), LONGEST):
        yield text[at : at + LONGEST]
