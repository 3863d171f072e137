"""The doors to what the bridge keeps."""

import datetime
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext

from chat.access import access_conversation
from discordbridge.models import DiscordAccount, Guild, GuildSession, Transcript
from meatlizard.accounts.models import User
from meatlizard.control import services
from meatlizard.errors import AppError, NotFound
from meatlizard.ops import switches

READS_TRANSCRIPTS = "discordbridge.view_transcript"


def bot_wanted() -> bool:
    """Whether this site is to have a bot at all."""
    return bool(settings.DISCORD_TOKEN)


def closed_to(snowflake: int) -> str:
    """Why the site does nothing for this person on Discord now; empty when it does."""
    state = switches.current()
    if not may_be_closed():
        return ""
    account = person_of(snowflake)
    if account is not None and switches.operates(account):
        return ""
    if state.shut:
        return state.maintained
    try:
        services.check("discord", account)
    except AppError as refused:
        return refused.message
    return ""


def may_be_closed() -> bool:
    """Whether it matters who asks: told from memory."""
    return switches.remembered().shut or services.is_off("discord") or services.is_limited("discord")


def announcement_channels() -> list[int]:
    """Where servers of the bot want to hear what the site announces."""
    wanted = Guild.objects.filter(left=None).values_list("options__announcements_channel", flat=True)
    return [number for number in wanted if isinstance(number, int)]


def access_session(viewer: User, session: UUID) -> GuildSession:
    """A session of one's own, whatever its state."""
    row = GuildSession.objects.select_related("guild").filter(pk=session, owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This session does not exist, or is not yours."))
    return row


def live_session(place: int) -> GuildSession | None:
    """The session whose channel, thread or direct messages ``place`` is. None: there is none, or it is over."""
    return GuildSession.objects.select_related("guild").filter(place=place).exclude(state="closed").first()


def session_of(conversation: UUID) -> GuildSession | None:
    """The conversation's place on Discord, if it has one now."""
    rows = GuildSession.objects.select_related("guild").exclude(state="closed")
    return rows.filter(conversation=conversation).first()


def has_its_conversation(session: UUID) -> bool:
    """Whether the session's conversation is there, and its owner's."""
    row = GuildSession.objects.select_related("owner").filter(pk=session).first()
    if row is None or row.owner is None or row.conversation_id is None:
        return False
    try:
        access_conversation(row.owner, row.conversation_id)
    except NotFound:
        return False
    return True


def homeless() -> set[UUID]:
    """Sessions that are not over and whose conversation is not there any more, or somebody else's: as :func:`has_its_conversation`."""
    lost = Q(conversation=None) | Q(owner=None) | Q(conversation__removed__isnull=False)
    rows = GuildSession.objects.exclude(state="closed").filter(lost | ~Q(conversation__owner=F("owner"))).order_by()
    return set(rows.values_list("pk", flat=True))


def strangers() -> set[UUID]:
    """Sessions that are not over and whose member on Discord is somebody else here by now: the accounts were untied."""
    rows = GuildSession.objects.exclude(state="closed").filter(member__isnull=False, owner__isnull=False).order_by()
    pairs = list(rows.values_list("pk", "member", "owner"))
    known = dict(DiscordAccount.objects.filter(pk__in={one[1] for one in pairs}).values_list("pk", "user"))
    return {session for session, member, owner in pairs if member is None or known.get(member) != owner}


def live_sessions() -> list[GuildSession]:
    """All that are not over, those used last first."""
    return list(GuildSession.objects.select_related("guild").exclude(state="closed").order_by("-used"))


def member_sessions(guild: int, member: int | None = None) -> list[GuildSession]:
    """A member's in a guild that are not over; None: all of the guild."""
    rows = GuildSession.objects.filter(guild=guild).exclude(state="closed")
    return list(rows if member is None else rows.filter(member=member))


def known_guilds() -> list[int]:
    """Those that the bot is in, as far as is known."""
    return list(Guild.objects.filter(left=None).values_list("pk", flat=True))


def mirroring_guild() -> Guild | None:
    """Where administrators read web sessions along, if anywhere."""
    return Guild.objects.filter(mirror=True, left=None).first()


def session_by_id(session: UUID) -> GuildSession | None:
    """For administrators, whatever its state."""
    return GuildSession.objects.select_related("guild", "owner").filter(pk=session).first()


def unmirrored(asked: Iterable[tuple[UUID, int, datetime.datetime]]) -> list[tuple[UUID, int]]:
    """Of (conversation, owner, when it was last asked) those that have no place at Discord, and had none that was closed since."""
    rows = {key: (owner, when) for key, owner, when in asked}
    there = GuildSession.objects.filter(conversation__in=list(rows)).order_by()
    for key, closed in there.values_list("conversation", "closed"):
        if key in rows and (closed is None or closed >= rows[key][1]):
            del rows[key]
    return [(key, owner) for key, (owner, _) in rows.items()]


def guild_settings(guild: int) -> Guild | None:
    return Guild.objects.filter(pk=guild).first()


def account_of(user: int) -> DiscordAccount | None:
    """The Discord account of a person here, if one is known."""
    return DiscordAccount.objects.filter(user=user).first()


def name_of(user: int) -> str:
    """As administrators know a person."""
    return User.objects.filter(pk=user).values_list("username", flat=True).first() or ""


def person_of(snowflake: int) -> User | None:
    """Who a Discord account is here, without making anybody."""
    row = DiscordAccount.objects.select_related("user__tier").filter(pk=snowflake).first()
    return row.user if row else None


def access_transcript(viewer: User, transcript: UUID) -> Transcript:
    """Its member's, and of who may read transcripts of others, which is in the audit."""
    row = Transcript.objects.filter(pk=transcript).first()
    if row is None or not (row.owner_id == viewer.pk or (viewer.is_staff and viewer.has_perm(READS_TRANSCRIPTS))):
        raise NotFound(gettext("This transcript does not exist, or is not yours."))
    return row


def can_sign_in(user: int) -> bool:
    """Whether a person has an account on the web, and not one that was made for Discord alone."""
    return not DiscordAccount.objects.filter(user=user, shadow=True).exists()


def opens_on_the_web(session: UUID) -> bool:
    """Whether whoever a session belongs to by now can open its conversation on the site."""
    owner = GuildSession.objects.filter(pk=session).values_list("owner", flat=True).first()
    return owner is not None and can_sign_in(owner)
