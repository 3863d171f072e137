"""Members and roles: who comes, goes, and is what."""

import datetime

from tests.fakes.discord import payloads
from tests.fakes.discord.errors import missing_permissions, unknown
from tests.fakes.discord.permissions import May, highest_position, in_guild, require_above, require_in_guild
from tests.fakes.discord.state import THREADS, Guild, Json, Member, Role, User
from tests.fakes.discord.world import World


def join(world: World, guild: Guild, user: User, roles: list[Role] | None = None) -> Member:
    """The user comes into the guild; a bot is told of the guild, all others of him."""
    member = Member(user, world.clock.now(), {role.id for role in roles or []})
    told = payloads.member(member) | {"guild_id": str(guild.id)}
    world.tell("GUILD_MEMBER_ADD", told, guild)
    guild.members[user.id] = member
    for session in world.gateway.sessions.values():
        if session.user is user:
            world.gateway.tell_of_guild(session, guild)
    world.touch()
    return member


def invite_bot(world: World, guild: Guild, permissions: int) -> Role:
    """What the invitation address does: the bot joins with a role of its own that holds ``permissions``."""
    bot = world.application.bot
    role = Role(world.ids.new(), bot.name, permissions, position=len(guild.roles), managed_by=bot.id)
    guild.roles[role.id] = role
    join(world, guild, bot, [role])
    return role


def leave(world: World, guild: Guild, user: User) -> None:
    """Goes, or is sent away. His overwrites and his part in threads go with him."""
    member = guild.members.pop(user.id)
    for channel in guild.channels.values():
        channel.overwrites.pop(user.id, None)
        if channel.kind in THREADS and channel.thread is not None:
            channel.thread.members.pop(user.id, None)
    if user.bot:
        world.tell("GUILD_DELETE", {"id": str(guild.id)}, user)
    world.tell("GUILD_MEMBER_REMOVE", {"guild_id": str(guild.id), "user": payloads.user(member.user)}, guild)


def kick(world: World, actor: User, guild: Guild, user_id: int) -> None:
    require_in_guild(guild, actor, May.KICK_MEMBERS)
    member = _member(guild, user_id)
    require_above(guild, actor, member.user)
    leave(world, guild, member.user)
    world.audit(guild, actor, 20, user_id)


def ban(world: World, actor: User, guild: Guild, user_id: int, reason: str) -> None:
    require_in_guild(guild, actor, May.BAN_MEMBERS)
    user = world.users.get(user_id)
    if user is None:
        raise unknown("User")
    require_above(guild, actor, user)
    guild.bans[user_id] = reason
    if user_id in guild.members:
        leave(world, guild, user)
    world.tell("GUILD_BAN_ADD", {"guild_id": str(guild.id), "user": payloads.user(user)}, guild)
    world.audit(guild, actor, 22, user_id)


def _member(guild: Guild, user_id: int) -> Member:
    if (found := guild.members.get(user_id)) is None:
        raise unknown("Member")
    return found


def change(world: World, actor: User, guild: Guild, user_id: int, body: Json) -> Member:
    """Nickname, roles, time-out."""
    member = _member(guild, user_id)
    if "nick" in body:
        if actor.id != user_id:
            require_in_guild(guild, actor, May.MANAGE_NICKNAMES)
        member.nick = body["nick"] or None
    if "roles" in body:
        _set_roles(actor, guild, member, {int(one) for one in body["roles"] or []})
    if "communication_disabled_until" in body:
        require_in_guild(guild, actor, May.MODERATE_MEMBERS)
        require_above(guild, actor, member.user)
        until = body["communication_disabled_until"]
        member.timed_out_until = datetime.datetime.fromisoformat(until).timestamp() if until else 0.0
    tell_member(world, guild, member)
    return member


def _set_roles(actor: User, guild: Guild, member: Member, wanted: set[int]) -> None:
    require_in_guild(guild, actor, May.MANAGE_ROLES)
    for role_id in wanted ^ member.role_ids:
        if role_id not in guild.roles:
            raise unknown("Role")
        if guild.roles[role_id].position >= highest_position(guild, actor) or guild.roles[role_id].managed_by:
            raise missing_permissions()
    member.role_ids = wanted


def give_role(world: World, actor: User, guild: Guild, user_id: int, role_id: int, *, given: bool) -> None:
    member = _member(guild, user_id)
    _set_roles(actor, guild, member, member.role_ids | {role_id} if given else member.role_ids - {role_id})
    tell_member(world, guild, member)


def tell_member(world: World, guild: Guild, member: Member) -> None:
    world.tell("GUILD_MEMBER_UPDATE", payloads.member(member) | {"guild_id": str(guild.id)}, guild)


def create_role(world: World, actor: User, guild: Guild, body: Json) -> Role:
    """New roles stand at the bottom, above the one of all."""
    held = require_in_guild(guild, actor, May.MANAGE_ROLES)
    wanted = int(body.get("permissions") or guild.everyone.permissions)
    if wanted & ~held and not held & May.ADMINISTRATOR:
        raise missing_permissions()
    for other in guild.roles.values():
        other.position += 1 if other is not guild.everyone else 0
    role = Role(
        world.ids.new(), str(body.get("name") or "new role"), wanted, 1, int(body.get("color") or 0),
        mentionable=bool(body.get("mentionable")), hoist=bool(body.get("hoist")),
    )  # fmt: skip
    guild.roles[role.id] = role
    world.tell("GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": payloads.role(role)}, guild)
    return role


def add_role(world: World, guild: Guild, name: str, permissions: int = 0) -> Role:
    """A role that the guild's owner has made."""
    return create_role(world, world.users[guild.owner_id], guild, {"name": name, "permissions": permissions})


def holds(guild: Guild, user: User) -> int:
    return in_guild(guild, guild.members[user.id])
