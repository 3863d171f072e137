"""Opens sessions: the row, then the place, then the row again; whatever fails in between leaves neither behind."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import discord
from django.utils.translation import gettext

from discordbridge import places, reading
from discordbridge.actions import accounts, beginning, sessions
from discordbridge.closing import make_room
from discordbridge.missing import missed
from discordbridge.models import Guild, GuildSession
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, LimitReached
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

Kind = GuildSession.Kind
State = GuildSession.State


async def private(
    bot: "Bot",
    guild: discord.Guild,
    member: discord.Member,
    request: int,
    home: "discord.abc.MessageableChannel | None",
    *,
    model: str = "",
    persona: str = "",
) -> GuildSession:
    """A session that ``member`` alone shares with the bot and administrators. ``request`` is the snowflake of what asked for it,
    ``home`` where that was. The same request twice opens one. Raises AppError.
    """
    account = await in_database(accounts.known, member.id, member.display_name)
    row = await in_database(beginning.taken_here, guild.id)
    assert row is not None
    chosen = await in_database(beginning.persona_named, account.user, persona)
    begun = await in_database(
        partial(
            sessions.begin, account.user, beginning.conversation(account.user, model, chosen), kind=row.session_kind,
            guild=guild.id, member=member.id, request=request,
        )
    )  # fmt: skip
    if not begun.made:
        return _found(begun.session)
    async with _or_nothing(account.user, begun.session):
        place = await _private_place(bot, guild, row, member, home, begun.session.pk)
        return await _opened(bot, begun.session, place)


async def public(bot: "Bot", message: discord.Message) -> GuildSession:
    """A thread that everybody in the channel sees, and where the message's author talks with the bot. Raises AppError."""
    assert isinstance(message.author, discord.Member)
    channel = message.channel
    if isinstance(channel, discord.Thread):
        return await _shared(bot, message.author, message.id, here=channel)

    async def make() -> places.Place:
        about = reading.readable(message.content, reading.Names({}, {}, {}), bot.me.id)
        return await places.public_thread(message, reading.thread_name(about))

    return await _shared(bot, message.author, message.id, make=make)


async def open_thread(
    bot: "Bot",
    member: discord.Member,
    request: int,
    home: "discord.abc.MessageableChannel | None",
    *,
    model: str = "",
    persona: str = "",
) -> GuildSession:
    """As :func:`public`, asked for by a command and not by a message. Raises AppError."""
    parent = home.parent if isinstance(home, discord.Thread) else home
    if not isinstance(parent, discord.TextChannel):
        raise Invalid(gettext("There are no threads here. Use the command in a text channel."), code="no_threads")
    name = reading.thread_name(member.display_name)
    return await _shared(
        bot, member, request, make=partial(places.open_thread, parent, name), model=model, persona=persona
    )


async def _shared(
    bot: "Bot",
    member: discord.Member,
    request: int,
    *,
    here: discord.Thread | None = None,
    make: Callable[[], Awaitable[places.Place]] | None = None,
    model: str = "",
    persona: str = "",
) -> GuildSession:
    """In a public thread: ``here``, or one that ``make`` makes."""
    account = await in_database(accounts.known, member.id, member.display_name)
    await in_database(beginning.taken_here, member.guild.id)
    chosen = await in_database(beginning.persona_named, account.user, persona)
    begun = await in_database(
        partial(
            sessions.begin, account.user, beginning.conversation(account.user, model, chosen), kind=Kind.PUBLIC,
            guild=member.guild.id, member=member.id, request=request, place=here.id if here else None,
        )
    )  # fmt: skip
    if not begun.made:
        return _found(begun.session)
    async with _or_nothing(account.user, begun.session):
        place = places.Place(here.id, here.parent_id, "public") if here else None
        if place is None:
            assert make is not None
            place = await make()
        return await _opened(bot, begun.session, place)


async def direct(bot: "Bot", message: discord.Message) -> GuildSession:
    """Direct messages with the bot. Raises AppError."""
    author = message.author
    account = await in_database(accounts.known, author.id, author.display_name)
    place = message.channel.id
    begun = await in_database(
        partial(
            sessions.begin, account.user, beginning.conversation(account.user), kind=Kind.DIRECT, member=author.id,
            place=place,
        )
    )  # fmt: skip
    if begun.session.state != State.CREATING:
        return begun.session
    return await _opened(bot, begun.session, places.Place(place, None, "direct"))


async def _private_place(
    bot: "Bot",
    guild: discord.Guild,
    row: Guild,
    member: discord.Member,
    home: "discord.abc.MessageableChannel | None",
    session: UUID,
) -> places.Place:
    name = reading.channel_name(member.display_name)
    if row.session_kind == Guild.SessionKind.CHANNEL:
        try:
            topic = places.topic_of(session)
            return await places.private_channel(guild, row, member, name, topic, partial(make_room, bot))
        except places.GuildFull:
            log.warning("discord.no_room", extra={"guild": guild.id})
    chosen = guild.get_channel(row.thread_home) if row.thread_home else None
    parent = chosen or (home.parent if isinstance(home, discord.Thread) else home)
    if not isinstance(parent, discord.TextChannel):
        raise LimitReached(
            gettext(
                "There is no room for another private channel here. Use /chat in a text channel, and I open a private thread there."
            ),
            code="guild_full",
        )
    return await places.private_thread(parent, member, name)


async def _opened(bot: "Bot", session: GuildSession, place: places.Place) -> GuildSession:
    if not await in_database(sessions.opened, session.pk, place.id, place.parent, place.kind):
        # Closed while its place was being made: the member has left, or an administrator was quicker.
        channel = bot.get_channel(place.id)
        if isinstance(channel, discord.TextChannel) and place.kind != Kind.PUBLIC:
            await places.remove(channel)
        raise LimitReached(gettext("This session was closed before it began. Try again."), code="closed")
    session.place, session.parent, session.kind, session.state = place.id, place.parent, place.kind, State.OPEN
    bot.opened(session)
    if place.kind != Kind.DIRECT and place.id != session.request:
        # Its member sees it as soon as it is there, and may have been quicker than these lines.
        bot.keep(missed(bot, place.id, 0), f"first words in {place.id}")
    return session


def _found(session: GuildSession) -> GuildSession:
    if session.state != State.OPEN:
        raise LimitReached(gettext("This was asked for before, and is being made or is over. Try again in a moment."))
    return session


@contextlib.asynccontextmanager
async def _or_nothing(owner: User, session: GuildSession) -> AsyncIterator[None]:
    """Takes row and conversation back when no place could be made."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, AppError):
            log.warning("discord.not_opened", extra={"session": str(session.pk), "error": type(error).__name__})
        # Also when this task is cancelled: the rows would say that it is still being made.
        await asyncio.shield(in_database(_take_back, owner, session.pk))
        raise


def _take_back(owner: User, session: UUID) -> None:
    conversation = sessions.failed(session)
    if conversation is not None:
        beginning.give_up(owner, conversation)
