"""Who may what where: Discord's permission bits, and how roles and overwrites make them. Source: "Permissions" of its documentation."""

from enum import IntFlag

from tests.fakes.discord.errors import Refused, missing_access, missing_permissions, unknown
from tests.fakes.discord.state import CATEGORY, PRIVATE_THREAD, THREADS, Channel, Guild, Member, Overwrite, User


class May(IntFlag):
    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_VOICE_MESSAGES = 1 << 46
    PIN_MESSAGES = 1 << 51


ALL = (1 << 53) - 1
NOBODYS = 0
EVERYONE_BY_DEFAULT = int(
    May.CREATE_INSTANT_INVITE | May.ADD_REACTIONS | May.VIEW_CHANNEL | May.SEND_MESSAGES | May.EMBED_LINKS
    | May.ATTACH_FILES | May.READ_MESSAGE_HISTORY | May.MENTION_EVERYONE | May.USE_EXTERNAL_EMOJIS
    | May.USE_APPLICATION_COMMANDS | May.CREATE_PUBLIC_THREADS | May.CREATE_PRIVATE_THREADS
    | May.SEND_MESSAGES_IN_THREADS | May.SEND_VOICE_MESSAGES
)  # fmt: skip
IN_DIRECT_MESSAGES = int(
    May.ADD_REACTIONS | May.VIEW_CHANNEL | May.SEND_MESSAGES | May.EMBED_LINKS | May.ATTACH_FILES
    | May.READ_MESSAGE_HISTORY | May.USE_EXTERNAL_EMOJIS | May.USE_APPLICATION_COMMANDS | May.PIN_MESSAGES
    | May.SEND_VOICE_MESSAGES
)  # fmt: skip
WHILE_TIMED_OUT = int(May.VIEW_CHANNEL | May.READ_MESSAGE_HISTORY)


def in_guild(guild: Guild, member: Member) -> int:
    """What the member's roles give him, before any channel."""
    if guild.owner_id == member.user.id:
        return ALL
    bits = guild.everyone.permissions
    for role_id in member.role_ids:
        bits |= guild.roles[role_id].permissions
    return ALL if bits & May.ADMINISTRATOR else bits


def _overwritten(bits: int, overwrites: list[Overwrite]) -> int:
    """Overwrites of one rank: all their denials, then all they allow."""
    for one in overwrites:
        bits &= ~one.deny
    for one in overwrites:
        bits |= one.allow
    return bits


def in_channel(channel: Channel, user: User, now: float) -> int:
    """What ``user`` may in ``channel``, 0 for who may not even see it."""
    if channel.guild is None:
        return IN_DIRECT_MESSAGES if user in channel.recipients else NOBODYS
    guild, member = channel.guild, channel.guild.members.get(user.id)
    if member is None:
        return NOBODYS
    bits = in_guild(guild, member)
    if bits == ALL:
        return ALL
    place = (channel.parent or channel) if channel.kind in THREADS else channel
    found = place.overwrites
    bits = _overwritten(bits, [found[guild.id]] if guild.id in found else [])
    bits = _overwritten(bits, [found[role_id] for role_id in member.role_ids if role_id in found])
    bits = _overwritten(bits, [found[user.id]] if user.id in found else [])
    if member.timed_out_until > now:
        bits &= WHILE_TIMED_OUT
    return _implied(bits, channel, user)


def _implied(bits: int, channel: Channel, user: User) -> int:
    """Who may not see may nothing; who may not send may neither mention nor attach; private threads are for who was asked in."""
    if not bits & May.VIEW_CHANNEL:
        return NOBODYS
    inside = channel.thread.members if channel.thread else {}
    if channel.kind == PRIVATE_THREAD and user.id not in inside and not bits & May.MANAGE_THREADS:
        return NOBODYS
    sends = May.SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else May.SEND_MESSAGES
    if not bits & sends and channel.kind != CATEGORY:
        bits &= ~(May.MENTION_EVERYONE | May.EMBED_LINKS | May.ATTACH_FILES)
    return int(bits)


def require(channel: Channel, user: User, now: float, *needed: May) -> int:
    """The user's permissions in ``channel``. Raises 50001 for who cannot see it, 50013 for who sees it and may not."""
    bits = in_channel(channel, user, now)
    if not bits & May.VIEW_CHANNEL:
        raise missing_access()
    if any(not bits & one for one in needed):
        raise missing_permissions()
    return bits


def require_in_guild(guild: Guild, user: User, *needed: May) -> int:
    member = guild.members.get(user.id)
    if member is None:
        raise unknown("Guild")
    bits = in_guild(guild, member)
    if any(not bits & one for one in needed):
        raise missing_permissions()
    return bits


def check_grant(held: int, overwrites: list[Overwrite]) -> None:
    """Nobody gives or takes by overwrites what he does not hold, and MANAGE_ROLES only an administrator. Raises 50013."""
    if held & May.ADMINISTRATOR:
        return
    for one in overwrites:
        if (one.allow | one.deny) & ~held or (one.allow | one.deny) & May.MANAGE_ROLES:
            raise missing_permissions()


def highest_position(guild: Guild, user: User) -> int:
    if guild.owner_id == user.id:
        return 1 << 30
    return max((guild.roles[role_id].position for role_id in guild.members[user.id].role_ids), default=0)


def require_above(guild: Guild, actor: User, target: User) -> None:
    """Who acts on a member stands above him in the order of roles."""
    if target.id not in guild.members or actor is target:
        return
    if highest_position(guild, actor) <= highest_position(guild, target):
        raise missing_permissions()


__all__ = ["ALL", "EVERYONE_BY_DEFAULT", "May", "Refused", "check_grant", "in_channel", "in_guild", "require"]
