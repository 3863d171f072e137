"""Closes sessions: nothing more is taken, whoever listens hears of it, the place goes; each step may come twice."""

import contextlib
import datetime
import logging
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import discord
from django.utils import timezone
from django.utils.translation import gettext

from chat import keeping, stepping_in
from discordbridge import places
from discordbridge.actions import sessions
from discordbridge.models import GuildSession
from discordbridge.trouble import TROUBLE, described
from meatlizard.errors import NotFound
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

IDLE = datetime.timedelta(hours=1)
"""Who used a channel within this time is not turned out of it to make room for others."""

Reason = Literal[
    "asked", "administrator", "idle", "channel_deleted", "member_left", "conversation_deleted", "guild_left", "unlinked"
]


async def close(bot: "Bot", session: UUID, reason: Reason) -> bool:
    """Archives a session and removes its place. False when somebody else has closed it, or is about to.

    ``session_closed`` is dispatched to the cogs with the row, once its place is gone: that is when a transcript is written, from what
    the site has stored.
    """
    if not await in_database(sessions.closing, session, reason):
        return False
    await finish(bot, session)
    return True


async def finish(bot: "Bot", session: UUID) -> None:
    """The rest of it, also of a closing that was cut off."""
    row = await in_database(_load, session)
    if row is None:
        return
    bot.closed(row)
    if not await _is_removed(bot, row):
        # It stays what it is, so that nobody is left with a channel that nothing looks after any more.
        bot.unfinished.add(session)
        return
    bot.unfinished.discard(session)
    if await in_database(_settle, row):
        bot.dispatch("session_closed", row)


async def make_room(bot: "Bot", guild: int) -> bool:
    """Gives up the channel that nobody has used for the longest time, and tells its member. False when none is idle."""
    row = await in_database(sessions.idlest, guild, timezone.now() - IDLE)
    if row is None:
        return False
    if await close(bot, row.pk, "idle") and row.member is not None:
        await tell_member(
            bot, row.member,
            gettext("Your channel on {guild} was closed to make room: it had not been used for a while. The conversation is kept, on the site and in /history.").format(
                guild=row.guild.name if row.guild else ""
            ),
        )  # fmt: skip
    return True


async def tell_member(bot: "Bot", member: int, text: str) -> None:
    """By direct message; some people take none."""
    try:
        user = bot.get_user(member) or await bot.fetch_user(member)
        await user.send(text)
    except TROUBLE as error:
        log.info("discord.not_told", extra=described(error))


def _load(session: UUID) -> GuildSession | None:
    return GuildSession.objects.select_related("guild", "taken_by").filter(pk=session).exclude(state="closed").first()


def _settle(row: GuildSession) -> bool:
    if row.taken_by is not None and row.conversation_id is not None:
        with contextlib.suppress(NotFound):
            stepping_in.hand_back(row.taken_by, row.conversation_id, row.former_model)
        sessions.taken(row.pk, None)
    if row.conversation_id is not None and row.kind != GuildSession.Kind.MIRROR:
        keeping.read_at(row.conversation_id, "web")
    return sessions.closed(row.pk)


async def _is_removed(bot: "Bot", row: GuildSession) -> bool:
    """False while Discord has trouble; trying again may help then."""
    if row.place is None or row.kind == GuildSession.Kind.DIRECT or row.reason == "channel_deleted":
        return True
    try:
        # Threads that Discord has archived are not in the bot's memory.
        channel = bot.get_channel(row.place) or await bot.fetch_channel(row.place)
    except (discord.NotFound, discord.Forbidden):
        return True
    except TROUBLE as error:
        log.info("discord.no_channel", extra=described(error))
        return False
    if row.kind == GuildSession.Kind.PUBLIC:
        # Others have written there, too: it is theirs to keep.
        if isinstance(channel, discord.Thread):
            await _archive(channel)
        return True
    return not isinstance(channel, discord.TextChannel | discord.Thread) or await places.remove(channel)


async def _archive(thread: discord.Thread) -> None:
    try:
        await thread.edit(archived=True)
    except TROUBLE as error:
        log.info("discord.not_archived", extra=described(error))
