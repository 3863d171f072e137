"""Keeps the message of figures in each server up to date, and says there what has changed."""

import contextlib
import datetime
import logging
from typing import Any

import discord
from discord.ext import commands
from django.utils import timezone

from discordbridge.actions import boards
from discordbridge.actions.boards import Board
from discordbridge.bot import Bot
from discordbridge.looking import Looking
from discordbridge.metrics import changes, figures, showing
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""Between two looks, and so between two edits."""

ANEW = datetime.timedelta(minutes=55)
"""Discord limits edits of messages that are older than an hour."""

UNKNOWN_MESSAGE = 10008


class Metrics(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._looking: Looking | None = None
        self._before: figures.Figures | None = None
        self._shown: dict[int, figures.Figures] = {}

    @commands.Cog.listener()
    async def on_guild_configured(self, guild: int) -> None:
        self._shown.pop(guild, None)
        if self._looking is not None:
            self._looking.hint()

    async def cog_load(self) -> None:
        self._looking = Looking(self.bot, self.look, LOOK_SECONDS, "figures")

    async def look(self) -> None:
        """Once, at all servers that have a channel for it. Without one nothing is collected."""
        rows = await in_database(boards.boards)
        if not rows:
            self._before = None
            return
        now = await in_database(figures.collect)
        said = changes.alerts(self._before, now)
        self._before = now
        for board in rows:
            channel = self.bot.get_channel(board.channel)
            if not isinstance(channel, discord.TextChannel | discord.Thread):
                continue
            try:
                if said:
                    await channel.send("\n".join(said)[:2_000])
                await self._show(channel, board, now)
            except discord.HTTPException as error:
                # A missing permission is the server's to mend; everything else passes.
                log.warning(
                    "metrics.not_shown", extra={"guild": board.guild, "status": error.status, "code": error.code}
                )

    async def _show(self, channel: Any, board: Board, now: figures.Figures) -> None:
        old = board.message is None or board.posted is None or timezone.now() - board.posted > ANEW
        if not old and self._shown.get(board.guild) == now:
            return
        picture = await in_thread(showing.picture, now)
        if not old and await self._edited(channel, board, now, picture):
            return
        picture.reset()
        message = await channel.send(embed=showing.embed(now), file=picture, silent=True)
        await in_database(boards.note, board.guild, board.channel, message.id)
        self._shown[board.guild] = now
        if board.message is not None:
            with contextlib.suppress(discord.HTTPException):
                await channel.get_partial_message(board.message).delete()

    async def _edited(self, channel: Any, board: Board, now: figures.Figures, picture: discord.File) -> bool:
        """False when the message is gone."""
        try:
            await channel.get_partial_message(board.message).edit(embed=showing.embed(now), attachments=[picture])
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return False
        self._shown[board.guild] = now
        return True


async def setup(bot: Bot) -> None:
    await bot.add_cog(Metrics(bot))
