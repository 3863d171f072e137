"""Remembers channels where that is switched on, follows edits and deletions there, and forgets who wants it or leaves."""

import contextlib
import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands, tasks
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext, ngettext

from discordbridge import reports
from discordbridge.actions import remembering, transcripts
from discordbridge.actions.remembering import Heard
from discordbridge.bot import Bot
from discordbridge.looking import Looking
from discordbridge.membership import is_member
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

KINDS = (discord.MessageType.default, discord.MessageType.reply)
CAUGHT_UP = 100
"""Messages of each channel that are looked at again after a start: what was said, changed or deleted meanwhile."""

MOST_EMBEDS = 10

LOOK_SECONDS = 20.0


class Memory(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._channels: dict[int, frozenset[int]] = {}
        self._begun = False

    async def cog_load(self) -> None:
        self._channels = await in_database(remembering.all_channels)
        Looking(self.bot, self.look, LOOK_SECONDS, "remembered channels")
        self.upkeep.start()

    async def cog_unload(self) -> None:
        self.upkeep.cancel()

    @tasks.loop(hours=6)
    async def upkeep(self) -> None:
        with contextlib.suppress(DatabaseTrouble):
            await in_database(remembering.purge)

    def _kept_for(self, channel: Any) -> int | None:
        """The channel for which a message there is remembered; None where nothing is. Private threads are somebody's own."""
        guild = getattr(channel, "guild", None)
        if guild is None or (isinstance(channel, discord.Thread) and channel.is_private()):
            return None
        key = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
        return key if key in self._channels.get(guild.id, ()) else None

    # --- what is said -----------------------------------------------------------------------------------------------

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        heard = self._heard(message)
        if heard is not None:
            await in_database(remembering.remember, [heard])

    def _heard(self, message: discord.Message) -> Heard | None:
        channel = self._kept_for(message.channel)
        # What belongs to a session is a conversation of its own, and stored as that.
        if channel is None or self.bot.registry.at(message.channel.id) is not None:
            return None
        if message.type not in KINDS or message.author.bot or message.webhook_id is not None or message.guild is None:
            return None
        return Heard(
            id=message.id, guild=message.guild.id, channel=channel, place=message.channel.id, author=message.author.id,
            author_name=message.author.display_name, content=message.content, created=message.created_at,
            edited=message.edited_at, reply_to=message.reference.message_id if message.reference else None,
            attachments=tuple(_attachment(one) for one in message.attachments),
            embeds=tuple(_embed(one) for one in message.embeds[:MOST_EMBEDS]),
        )  # fmt: skip

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        if self._channels.get(payload.guild_id or 0) and (heard := self._heard(payload.message)) is not None:
            changes = {
                "content": heard.content, "edited": heard.edited, "embeds": list(heard.embeds),
                "attachments": list(heard.attachments),
            }  # fmt: skip
            await in_database(remembering.edit, payload.message_id, changes)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        if self._channels.get(payload.guild_id or 0):
            await in_database(remembering.deleted, [payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        if self._channels.get(payload.guild_id or 0):
            await in_database(remembering.deleted, payload.message_ids)

    # --- what ends --------------------------------------------------------------------------------------------------

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        if channel.id in self._channels.get(channel.guild.id, ()):
            await in_database(remembering.channel_gone, channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        if payload.parent_id in self._channels.get(payload.guild_id, ()):
            await in_database(remembering.channel_gone, payload.thread_id)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        if self._channels.get(payload.guild_id):
            await in_database(remembering.forget, payload.user.id, payload.guild_id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._channels.pop(guild.id, None)
        await in_database(remembering.guild_gone, guild.id)

    async def look(self) -> None:
        """What was set on the site, perhaps in another process, and where the bot has come back to."""
        now = await in_database(remembering.all_channels)
        for guild in now.keys() | self._channels.keys():
            if now.get(guild, frozenset()) != self._channels.get(guild, frozenset()):
                await self.on_guild_configured(guild)

    # --- switching, and catching up ---------------------------------------------------------------------------------

    @commands.Cog.listener()
    async def on_guild_configured(self, guild: int) -> None:
        """Members are told where it begins; where it ends, what was remembered goes."""
        now = await in_database(remembering.channels, guild)
        before = self._channels.get(guild, frozenset())
        self._channels = {**self._channels, guild: now}
        for key in before - now:
            await in_database(remembering.channel_gone, key)
        for key in now - before:
            channel = self.bot.get_channel(key)
            if isinstance(channel, discord.TextChannel):
                with contextlib.suppress(discord.HTTPException):
                    await channel.send(
                        gettext(
                            "From now on what is written in this channel is remembered on the site, until it is deleted here. /forget removes what "
                            "you have written, and keeps it from being remembered if you wish."
                        )
                    )

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        if self._begun:
            return
        self._begun = True
        self.bot.keep(self.catch_up(), "catching up with remembered channels")

    async def catch_up(self) -> None:
        """What was said, changed, deleted, and who left while the bot was away."""
        for guild_id, channels in tuple(self._channels.items()):
            guild = self.bot.get_guild(guild_id)
            if guild is None or guild.unavailable:
                # During an outage nobody seems to be a member.
                continue
            for key in await in_database(remembering.channels_left, guild_id):
                await in_database(remembering.channel_gone, key)
            gone = await in_database(remembering.authors, guild_id)
            for author in gone:
                if not await is_member(guild, author):
                    await in_database(remembering.forget, author, guild_id)
            for key in channels:
                channel = guild.get_channel(key)
                if isinstance(channel, discord.TextChannel):
                    await self._catch_up(channel)

    async def _catch_up(self, channel: discord.TextChannel) -> None:
        me: discord.Member | None = channel.guild.me
        if me is None or not channel.permissions_for(me).read_message_history:
            # Discord says then that there are no messages, which is not to be taken for deletions.
            log.warning("memory.not_caught_up", extra={"channel": channel.id, "status": 403})
            return
        try:
            found = [message async for message in channel.history(limit=CAUGHT_UP)]
        except discord.HTTPException as error:
            log.warning("memory.not_caught_up", extra={"channel": channel.id, "status": error.status})
            return
        since = min((message.id for message in found), default=0) if len(found) == CAUGHT_UP else 0
        heard = [one for message in found if (one := self._heard(message)) is not None]
        newest = await in_database(remembering.newest, channel.id)
        # Nothing from before memory was switched on here.
        known = [one for one in heard if newest and one.id > newest]
        await in_database(remembering.remember, known)
        for one in heard:
            if one.edited is not None and one.id <= newest:
                await in_database(remembering.edit, one.id, {"content": one.content, "edited": one.edited})
        there = {message.id for message in found}
        missing = [key for key in await in_database(remembering.since, channel.id, since) if key not in there]
        await in_database(remembering.deleted, missing)

    # --- members ----------------------------------------------------------------------------------------------------

    @app_commands.command(description="Remove what is remembered of your messages")
    @app_commands.guild_only()
    @app_commands.describe(
        again="whether new messages of yours may be remembered",
        transcripts="remove transcripts of your closed sessions, too",
    )
    async def forget(
        self, interaction: discord.Interaction[Bot], again: bool = True, transcripts: bool = False
    ) -> None:
        assert interaction.guild_id is not None
        await interaction.response.defer(ephemeral=True)
        count = await in_database(_forget, interaction.user.id, interaction.guild_id, again, transcripts)
        said = ngettext("{count} message is forgotten.", "{count} messages are forgotten.", count).format(count=count)
        said += " " + (
            gettext("New ones may be remembered.") if again else gettext("New ones are not remembered, on any server.")
        )
        await interaction.followup.send(**reports.told(said))


def _forget(author: int, guild: int, again: bool, with_transcripts: bool) -> int:
    count = remembering.forget(author, guild, stop=not again)
    if again:
        remembering.allow(author)
    if with_transcripts:
        transcripts.forget_of(author)
    return count


def _attachment(one: discord.Attachment) -> dict[str, Any]:
    return {"name": one.filename[:200], "type": (one.content_type or "")[:100], "size": one.size}


def _embed(one: discord.Embed) -> dict[str, Any]:
    return {
        "title": (one.title or "")[:256],
        "description": (one.description or "")[:500],
        "url": (one.url or "")[:500],
    }


async def setup(bot: Bot) -> None:
    await bot.add_cog(Memory(bot))
