"""Web sessions before the eyes of administrators: a channel for each, as soon as something is asked in it."""

import asyncio
import contextlib
import datetime
import logging
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import discord
from django.utils import timezone
from django.utils.translation import gettext

from chat import turns
from chat.bus import Control
from chat.hub import CONTROL, hub
from discordbridge import places, reading
from discordbridge.access import mirroring_guild, name_of, unmirrored
from discordbridge.actions import sessions
from discordbridge.closing import make_room
from discordbridge.models import Guild
from discordbridge.overseer import buttons
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
GATHER_SECONDS = 0.2
BACK = datetime.timedelta(minutes=10)
"""How far back is looked for questions: what was asked while the bot was away for longer is not mirrored any more."""

TROUBLE_SECONDS = 60.0
"""After Discord has refused a channel, before another is tried."""


class Mirror:
    """Acts on hints that something was asked, and looks now and then besides."""

    def __init__(self, bot: "Bot") -> None:
        self._bot = bot
        self._wake = asyncio.Event()

    def event(self, topic: str, frame: str) -> None:
        if Control.model_validate_json(frame).do in ("work", "queue"):
            self._wake.set()

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""

    async def run(self) -> None:
        """Serves until cancelled."""
        await self._bot.reconciled.wait()
        hub.join(CONTROL, self)
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    # Every page goes on saying that administrators read along.
                    log.exception("discord.mirror_failed")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()
                    await asyncio.sleep(GATHER_SECONDS)
                self._wake.clear()
        finally:
            hub.leave(CONTROL, self)

    async def _look(self) -> None:
        row = await in_database(mirroring_guild)
        guild = self._bot.get_guild(row.pk) if row is not None else None
        if row is None or guild is None or row.mirrored_since is None:
            return
        for conversation, owner in await in_database(_wanted, row.mirrored_since):
            try:
                await self._open(guild, row, conversation, owner)
            except (places.Refused, places.GuildFull) as error:
                log.warning("discord.not_mirrored", extra={"guild": guild.id, "reason": str(error)})
                await asyncio.sleep(TROUBLE_SECONDS)
                return

    async def _open(self, guild: discord.Guild, row: Guild, conversation: UUID, owner: int) -> None:
        assert row.mirrored_since is not None
        session = await in_database(sessions.begin_mirror, conversation, owner, guild.id, row.mirrored_since)
        if session is None:
            return
        try:
            name = await in_database(name_of, owner)
            channel = reading.channel_name(name, "web")
            topic = places.topic_of(session.pk)
            place = await places.private_channel(
                guild, row, None, channel, topic, partial(make_room, self._bot), oversight=True
            )
        except BaseException:
            await asyncio.shield(in_database(sessions.failed, session.pk))
            raise
        if not await in_database(sessions.opened, session.pk, place.id, place.parent):
            await self._bot.http.delete_channel(place.id)
            return
        session.place, session.parent, session.state = place.id, place.parent, "open"
        await self._introduce(place.id, session.pk, name)
        self._bot.opened(session)

    async def _introduce(self, place: int, session: UUID, name: str) -> None:
        said = gettext(
            "**{name}** is talking with a model on the web, and was told that you read along. Write here to answer in place of the model: "
            "it keeps silent until you hand back."
        ).format(name=discord.utils.escape_markdown(name))
        try:
            await self._bot.get_partial_messageable(place).send(said, view=buttons(session))
        except discord.HTTPException as error:
            log.warning("discord.not_introduced", extra={"status": error.status, "code": error.code})


def _wanted(since: datetime.datetime) -> list[tuple[UUID, int]]:
    return unmirrored(turns.asked_lately(max(since, timezone.now() - BACK)))
