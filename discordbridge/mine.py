"""Whose conversation it is, asked anew at each button and command: its member's, and administrators may act in it for them."""

import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import discord
from django.utils.translation import gettext

from chat import following, turns
from discordbridge import rights
from discordbridge.access import live_session
from discordbridge.actions import accounts
from discordbridge.models import GuildSession
from discordbridge.trouble import NOT_TOLD, TROUBLE, described
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid, NotFound
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

Use: TypeAlias = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class By:
    """Somebody who acts in a session. ``owner``: whose conversation it is, as whom the chat's verbs are called."""

    session: GuildSession
    owner: User
    member: bool

    @property
    def conversation(self) -> UUID:
        if self.session.conversation_id is None:
            raise NotFound(gettext("This conversation was deleted on the site."))
        return self.session.conversation_id

    @property
    def own(self) -> User:
        """The owner, who acts in person. Raises Forbidden for an administrator: an opinion is nobody else's."""
        if not self.member:
            raise Forbidden(gettext("Only the member whose conversation this is may do that."))
        return self.owner


async def presser(use: Use, message: UUID) -> By:
    """Who pressed a button below the message that shows ``message``. Raises AppError."""
    session = await in_database(live_session, use.channel_id or 0)
    # Not by the row of what was posted: a bot that is killed may leave one that does not know yet what it posted.
    if session is None or not await in_database(turns.within, session.conversation_id, message):
        raise NotFound(gettext("This answer is not there any more."))
    return await _by(use, session)


async def here(use: Use) -> By:
    """Who gave a command within a session's place. Raises AppError."""
    session = await in_database(live_session, use.channel_id or 0)
    if session is None or session.state != GuildSession.State.OPEN or session.kind == GuildSession.Kind.MIRROR:
        raise Invalid(gettext("There is no conversation in this place. /chat begins one."), code="no_session")
    return await _by(use, session)


async def myself(use: Use) -> User:
    """The account of whoever gave a command, wherever. Raises Forbidden for somebody who is shut out."""
    account = await in_database(accounts.known, use.user.id, use.user.display_name)
    return account.user


async def _by(use: Use, session: GuildSession) -> By:
    user = await myself(use)
    if session.owner_id is None:
        raise NotFound(gettext("This conversation was deleted on the site."))
    if user.pk == session.owner_id:
        return By(session, user, member=True)
    if not await _administers(use, session.guild_id):
        raise Forbidden(gettext("This is somebody else's conversation. /chat begins one of your own."))
    return By(session, await in_database(following.load_user, session.owner_id), member=False)


async def _administers(use: Use, guild: int | None) -> bool:
    """Whether somebody is an administrator of the guild that a session is in."""
    if guild is None or use.guild_id != guild or not isinstance(use.user, discord.Member):
        return False
    roles = [role.id for role in use.user.roles]
    try:
        await in_database(rights.actor, use.user.id, guild, use.permissions.administrator, roles)
    except AppError:
        return False
    return True


async def answered(use: Use, work: Coroutine[Any, Any, str]) -> None:
    """Does ``work`` and tells whoever asked for it, alone, what became of it. Discord waits three seconds: it is acknowledged first."""
    try:
        await use.response.defer(ephemeral=True, thinking=True)
    except NOT_TOLD as error:
        log.info("discord.not_acknowledged", extra=described(error))
        work.close()
        return
    try:
        said = await work
    except AppError as error:
        said = error.message
    except TROUBLE as error:
        log.warning("discord.not_carried_out", extra=described(error))
        said = gettext("Discord did not let me do this, or had trouble. Try again, or tell an administrator.")
    except Exception:
        log.exception("discord.button_failed")
        said = gettext("Something went wrong on the site. Try again in a moment.")
    try:
        await use.followup.send(said[:1_900], ephemeral=True)
    except NOT_TOLD as error:
        log.info("discord.not_told", extra=described(error))
