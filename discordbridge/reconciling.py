"""After a start: what the rows say and what Discord has are made to agree, and what was written meanwhile is answered."""

import datetime
import logging
from functools import partial
from typing import TYPE_CHECKING

import discord
from django.utils import timezone

from discordbridge import closing, places
from discordbridge.access import guild_settings, homeless, known_guilds, live_sessions, strangers
from discordbridge.actions import beginning, guilds, lease, seen, sessions
from discordbridge.channels import channel_at
from discordbridge.membership import is_member
from discordbridge.missing import missed, read
from discordbridge.models import GuildSession, SeenMessage
from discordbridge.trouble import TROUBLE, described
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

ANSWERED_WITHIN = datetime.timedelta(hours=24)
"""Nobody waits any more for an answer to what was asked longer ago."""

MOST_MISSED = 50
"""Messages of one place that are read again."""

MOST_PLACES = 100
"""Channels outside of sessions that are looked through for mentions, those used last first."""

Kind, State = GuildSession.Kind, GuildSession.State


async def reconcile(bot: "Bot") -> None:
    since = await in_database(lease.last_alive)
    await _guilds(bot)
    rows = await in_database(live_sessions)
    unfinished = await in_database(seen.unsettled, timezone.now())
    for row in rows:
        await _session(bot, row)
    for snowflake, place in unfinished:
        await _again(bot, snowflake, place)
    for live in bot.registry:
        await missed(bot, live.place, await in_database(sessions.newest, live.session))
    if since is not None:
        await _mentions(bot, max(since, timezone.now() - ANSWERED_WITHIN))
    await in_database(lease.note_alive)
    bot.reconciled.set()
    log.info("discord.ready", extra={"sessions": len(bot.registry), "guilds": len(bot.guilds)})


async def make_up(bot: "Bot") -> None:
    """What could not be shown before, because Discord was away or refused it; and what other processes changed."""
    strange, lost = await in_database(strangers), await in_database(homeless)
    rows = await in_database(live_sessions)
    await bot.overseers.look(bot, rows)
    for row in rows:
        if row.pk in bot.unfinished:
            await closing.finish(bot, row.pk)
            continue
        live = bot.registry.at(row.place) if row.place is not None else None
        if live is None:
            continue
        if row.pk in lost:
            # The news of it are a hint, and may be lost.
            await closing.close(bot, row.pk, "conversation_deleted")
        elif live.mirrors and not (row.guild and row.guild.mirror):
            await closing.close(bot, row.pk, "administrator")
        elif row.pk in strange:
            # What is said in the conversation from now on is no business of whoever this is on Discord.
            await closing.close(bot, row.pk, "unlinked")
        if row.behind:
            await bot.lanes.catch_up(live)


async def _guilds(bot: "Bot") -> None:
    here = {guild.id: guild.name for guild in bot.guilds}
    for key, name in here.items():
        await in_database(guilds.seen, key, name)
    for key in await in_database(known_guilds):
        if key not in here:
            await in_database(guilds.left, key)


async def _session(bot: "Bot", row: GuildSession) -> None:
    guild = bot.get_guild(row.guild_id) if row.guild_id is not None else None
    if row.guild_id is not None and guild is not None and guild.unavailable:
        # It has an outage; its own news tells when it is back.
        return
    if row.state == State.CLOSING:
        await closing.finish(bot, row.pk)
    elif row.guild_id is not None and guild is None:
        await closing.close(bot, row.pk, "guild_left")
    elif row.conversation_id is None or row.owner_id is None:
        await closing.close(bot, row.pk, "conversation_deleted")
    elif row.state == State.CREATING:
        await _cut_off(bot, row, guild)
    elif not await _stands(bot, row):
        await closing.close(bot, row.pk, "channel_deleted")
    elif guild is not None and row.member is not None and not await is_member(guild, row.member):
        await closing.close(bot, row.pk, "member_left")
    else:
        bot.opened(row)


async def _cut_off(bot: "Bot", row: GuildSession, guild: discord.Guild | None) -> None:
    """The bot died while it made the place: it is found by its topic, or was never made."""
    settings = await in_database(guild_settings, guild.id) if guild is not None else None
    channel = places.made_for(guild, settings, row.pk) if guild is not None and settings is not None else None
    if channel is not None and await in_database(sessions.opened, row.pk, channel.id, channel.category_id):
        row.place, row.parent, row.state = channel.id, channel.category_id, State.OPEN
        bot.opened(row)
        return
    conversation = await in_database(sessions.failed, row.pk)
    if conversation is not None and row.kind != Kind.MIRROR:
        await in_database(partial(beginning.give_up_empty, conversation))


async def _stands(bot: "Bot", row: GuildSession) -> bool:
    if row.place is None:
        return False
    if row.kind == Kind.DIRECT or bot.get_channel(row.place) is not None:
        return True
    try:
        # Threads that are archived are not told of at the start.
        return await bot.fetch_channel(row.place) is not None
    except (discord.NotFound, discord.Forbidden):
        return False
    except TROUBLE as error:
        log.warning("discord.not_looked_up", extra=described(error))
        return True


async def _again(bot: "Bot", snowflake: int, place: int) -> None:
    """A message over which the bot died. Asking twice asks once, by its request."""
    channel = await channel_at(bot, place)
    if channel is None:
        await in_database(seen.settle, snowflake, SeenMessage.Fate.PASSED)
        return
    try:
        message = await channel.fetch_message(snowflake)
    except (discord.NotFound, discord.Forbidden) as error:
        log.info("discord.message_gone", extra=described(error))
        await in_database(seen.settle, snowflake, SeenMessage.Fate.PASSED)
        return
    except TROUBLE as error:
        # It stays unsettled, and is looked for at the next start.
        log.warning("discord.not_looked_up", extra=described(error))
        return
    live = bot.registry.at(place)
    if live is not None and live.mirrors:
        bot.dispatch("message_cut_off", message)
    else:
        await bot.intake.take(message, again=True)


async def _mentions(bot: "Bot", since: datetime.datetime) -> None:
    """Where the bot was called while it was not there."""
    after = discord.utils.time_snowflake(since)
    here: list[discord.TextChannel | discord.Thread] = []
    for guild in bot.guilds:
        here += guild.text_channels
        here += guild.threads
    channels = [
        channel for channel in here if (channel.last_message_id or 0) > after and bot.registry.at(channel.id) is None
    ]
    channels.sort(key=lambda channel: channel.last_message_id or 0, reverse=True)
    for channel in channels[:MOST_PLACES]:
        if channel.permissions_for(channel.guild.me).read_message_history:
            await read(bot, channel, after)
