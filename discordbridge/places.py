"""Makes and removes the places of sessions at Discord: channels under categories that overflow, private threads, public threads."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import discord
from django.utils.translation import gettext

from discordbridge import permissions
from discordbridge.actions import guilds
from discordbridge.models import Guild
from discordbridge.trouble import TROUBLE, described
from meatlizard.errors import AppError
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

GUILD_FULL, BAD_FORM, NO_PERMISSION, NO_CHANNEL = 30013, 50035, 50013, 10003
CATEGORY = "MeatLizard"
OVERSIGHT = "MeatLizard oversight"
MOST_CATEGORIES = 10
IN_A_CATEGORY = 50
IDLE_ARCHIVE_MINUTES: Literal[1440] = 1440

MakeRoom = Callable[[int], Awaitable[bool]]
"""Archives the guild's oldest idle session; False when none is idle."""


class Refused(AppError):
    """Discord does not let the bot do what is needed. The message says what an administrator has to change."""

    status = 403
    default_code = "discord_refused"


@dataclass(frozen=True, slots=True)
class Place:
    """``parent``: its category, or a thread's channel."""

    id: int
    parent: int | None
    kind: str


async def private_channel(
    guild: discord.Guild,
    row: Guild,
    member: discord.Member | None,
    name: str,
    topic: str,
    make_room: MakeRoom,
    *,
    oversight: bool = False,
) -> Place:
    """A channel that only ``member``, the bot and administrators see. ``topic`` names it after a crash, when nobody has its id.

    Raises Refused, and GuildFull when there is no room for it.
    """
    if lacking := permissions.missing(guild):
        raise Refused(
            gettext("The bot may not do this here: it lacks {permissions}. Ask an administrator.").format(
                permissions=", ".join(name.replace("_", " ") for name in lacking)
            )
        )
    wanted = permissions.private(guild, member, row.admin_roles)
    for _ in range(2):
        try:
            channel = await _in_some_category(guild, row, name, topic, wanted, oversight)
            break
        except TROUBLE as error:
            if not isinstance(error, discord.HTTPException) or error.code != GUILD_FULL:
                raise _in_words(error) from error
            log.warning("discord.guild_full", extra={"guild": guild.id})
            if not await make_room(guild.id):
                raise GuildFull from error
    else:
        raise GuildFull
    if not permissions.is_private(channel, wanted):
        await channel.delete()
        raise Refused(
            gettext("Discord did not make the channel private, so it was removed again. Ask an administrator.")
        )
    return Place(channel.id, channel.category_id, "mirror" if oversight else "channel")


class GuildFull(Exception):
    """It has its 500 channels, and none of them can be given up."""


async def _in_some_category(
    guild: discord.Guild, row: Guild, name: str, topic: str, wanted: permissions.Overwrites, oversight: bool
) -> discord.TextChannel:
    known: list[int] = list(row.oversight_categories if oversight else row.categories)
    for key in known:
        category = guild.get_channel(key)
        if not isinstance(category, discord.CategoryChannel):
            await in_database(guilds.forget_category, guild.id, key)
            continue
        if len(category.channels) >= IN_A_CATEGORY:
            continue
        try:
            return await guild.create_text_channel(name, category=category, overwrites=wanted, topic=topic)
        except discord.HTTPException as error:
            # Discord counts otherwise than we at times: what it says holds, not a number.
            if error.code != BAD_FORM or "parent_id" not in str(error):
                raise
            log.info("discord.category_full", extra={"guild": guild.id, "category": key})
    if len(known) >= MOST_CATEGORIES:
        raise GuildFull
    category = await guild.create_category(
        (OVERSIGHT if oversight else CATEGORY) + (f" {len(known) + 1}" if known else ""),
        overwrites=permissions.private(guild, None, row.admin_roles),
    )
    updated = await in_database(guilds.add_category, guild.id, category.id, oversight=oversight)
    row.categories, row.oversight_categories = updated.categories, updated.oversight_categories
    return await guild.create_text_channel(name, category=category, overwrites=wanted, topic=topic)


def topic_of(session: UUID) -> str:
    return f"MeatLizard · {session}"


def made_for(guild: discord.Guild, row: Guild, session: UUID) -> discord.TextChannel | None:
    """The channel that was made for a session before the bot could write down its id."""
    topic = topic_of(session)
    categories = {*row.categories, *row.oversight_categories}
    return next((one for one in guild.text_channels if one.category_id in categories and one.topic == topic), None)


async def private_thread(home: discord.TextChannel, member: discord.Member, name: str) -> Place:
    """A thread that only who was added, and who manages threads, sees. Raises Refused."""
    try:
        thread = await home.create_thread(
            name=name,
            type=discord.ChannelType.private_thread,
            invitable=False,
            auto_archive_duration=IDLE_ARCHIVE_MINUTES,
        )
        try:
            await thread.add_user(member)
        except TROUBLE:
            await remove(thread)
            raise
    except TROUBLE as error:
        raise _in_words(error) from error
    return Place(thread.id, home.id, "thread")


async def public_thread(message: discord.Message, name: str) -> Place:
    """A thread of its own for a message that asks something in a channel; the one that is there already. Raises Refused."""
    if message.thread is not None:
        return Place(message.thread.id, message.channel.id, "public")
    try:
        thread = await message.create_thread(name=name, auto_archive_duration=IDLE_ARCHIVE_MINUTES)
    except TROUBLE as error:
        raise _in_words(error) from error
    return Place(thread.id, message.channel.id, "public")


async def open_thread(home: discord.TextChannel, name: str) -> Place:
    """A public thread that belongs to no message. Raises Refused."""
    try:
        thread = await home.create_thread(
            name=name, type=discord.ChannelType.public_thread, auto_archive_duration=IDLE_ARCHIVE_MINUTES
        )
    except TROUBLE as error:
        raise _in_words(error) from error
    return Place(thread.id, home.id, "public")


async def remove(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Deletes it. False when Discord has trouble, and trying again may help; what it does not allow is left to people."""
    try:
        await channel.delete()
    except discord.NotFound:
        return True
    except TROUBLE as error:
        log.warning("discord.not_removed", extra={"channel": channel.id, **described(error)})
        return isinstance(error, discord.Forbidden)
    return True


def _in_words(error: Exception) -> Refused:
    if isinstance(error, discord.Forbidden):
        return Refused(
            gettext(
                "The bot may not do this here. An administrator has to give it the permission to manage channels and threads."
            )
        )
    if not isinstance(error, discord.HTTPException) or error.status >= 500:
        return Refused(gettext("Discord has trouble just now. Try again in a moment."), code="discord_away")
    log.error("discord.refused", extra={"status": error.status, "code": error.code, "reason": error.text[:200]})
    return Refused(gettext("Discord refused this. Try again, or tell an administrator."))
