"""The bot: discord.py's client, told where Discord is, what to listen to, and to ping nobody."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from discordbridge import addresses
from discordbridge.access import closed_to, may_be_closed
from discordbridge.asking import Intake
from discordbridge.buttons import AnswerButton
from discordbridge.calling import CallButton
from discordbridge.cogs import COGS
from discordbridge.commanding import tell_commands
from discordbridge.metrics.limits import limits
from discordbridge.models import GuildSession
from discordbridge.overseeing import Overseers
from discordbridge.registry import Registry
from discordbridge.route_menu import RouteMenu
from discordbridge.showing import Shower
from discordbridge.streaming import StreamingShower
from discordbridge.trouble import NOT_TOLD
from discordbridge.watching import Lanes
from meatlizard.errors import AppError
from meatlizard.ops.logs import request_id
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

RATE_LIMIT_SECONDS = 60.0
"""A call that Discord would have us hold back for longer fails instead: whoever made it decides what becomes of it."""

CLOSE_SECONDS = 4.0


class Tree(app_commands.CommandTree["Bot"]):
    """Commands whose refusals are told to whoever gave them, and to nobody else."""

    async def interaction_check(self, interaction: discord.Interaction["Bot"], /) -> bool:
        refusal = await in_database(closed_to, interaction.user.id) if may_be_closed() else ""
        if refusal:
            await answer_privately(interaction, refusal)
        return not refusal

    async def on_error(self, interaction: discord.Interaction["Bot"], error: app_commands.AppCommandError, /) -> None:
        cause = getattr(error, "original", error)
        if isinstance(cause, AppError):
            text = cause.message
        elif isinstance(error, app_commands.CheckFailure):
            text = gettext("You may not use this command.")
        elif isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            text = gettext("This command has changed. Reload Discord (Ctrl+R) and try again.")
        else:
            name = interaction.command.qualified_name if interaction.command else "?"
            log.error("discord.command_failed", exc_info=cause, extra={"command": name})
            text = gettext("Something went wrong on the site. Try again in a moment.")
        await answer_privately(interaction, text)


class Bot(commands.Bot):
    """``unfinished``: sessions whose places Discord would not remove just then; each sweep tries again. ``work`` of cogs that outlives the event that began it is kept by :meth:`keep`, and cancelled with the bot."""

    def __init__(self) -> None:
        addresses.point_library()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT_SECONDS,
            tree_cls=Tree,
            # Messages are looked up in the database; discord.py need not keep a thousand of them.
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.from_intents(intents()),
            enable_debug_events=False,
            http_trace=limits.trace(),
        )
        self.registry = Registry()
        self.lanes = Lanes(self)
        self.intake = Intake(self)
        self.shower: Shower = StreamingShower(self)
        self.reconciled = asyncio.Event()
        self.overseers = Overseers()
        self.unfinished: set[UUID] = set()
        self._kept: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(AnswerButton, CallButton, RouteMenu)
        for name in COGS:
            await self.load_extension(name)
        await tell_commands(self)

    async def on_message(self, message: discord.Message, /) -> None:
        """No commands by prefix: cogs listen themselves."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        # Called while the failure is being handled, though not from within the clause itself.
        log.error("discord.event_failed", exc_info=sys.exc_info(), extra={"event": event_method})

    @property
    def me(self) -> discord.ClientUser:
        """Who the bot is at Discord, once it is connected."""
        assert self.user is not None
        return self.user

    def opened(self, row: GuildSession) -> None:
        """A session has its place: from now on what is said on either side is brought to the other."""
        live = self.registry.add(row)
        if live is not None:
            self.lanes.follow(live)
            self.keep(self.lanes.catch_up(live), f"catching up {live.session}")
            # Its conversation may have gone before anybody listened here: the cog that hears of it looks whether it has.
            self.dispatch("conversation_gone", live)

    def closed(self, row: GuildSession) -> None:
        """A session is over, or about to be."""
        self.registry.drop(row.pk)
        if row.conversation_id is not None:
            self.lanes.leave(row.conversation_id, row.pk)

    def keep(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs ``work`` beside everything else, under a request id of its own; a failure is logged."""
        task = asyncio.get_running_loop().create_task(_traced(work), name=name or None)
        self._kept.add(task)
        task.add_done_callback(self._done)
        # Cancelled before its first step, the task would leave it unawaited.
        task.add_done_callback(lambda _: work.close())
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._kept.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("discord.work_failed", exc_info=task.exception(), extra={"work": task.get_name()})

    async def close(self) -> None:
        self.lanes.end()
        for task in tuple(self._kept):
            task.cancel()
        if self._kept:
            await asyncio.wait(self._kept, timeout=CLOSE_SECONDS)
        await super().close()


async def _traced(work: Coroutine[Any, Any, Any]) -> Any:
    with request_id():
        return await work


def intents() -> discord.Intents:
    """What the bot has to hear of. Members and the content of messages have to be switched on for it at Discord."""
    return discord.Intents(
        guilds=True, members=True, guild_messages=True, dm_messages=True, message_content=True, guild_reactions=False
    )


async def answer_privately(interaction: discord.Interaction[Any], text: str) -> None:
    """Says something to whoever used a command or button, whether it was answered before or not."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except NOT_TOLD as error:
        log.info("discord.not_told", extra={"error": type(error).__name__})
