"""Channels, overwrites and threads: made, changed, deleted."""

from tests.fakes.discord import payloads
from tests.fakes.discord.errors import Form, Refused, missing_permissions, unknown
from tests.fakes.discord.permissions import May, check_grant, in_channel, in_guild, require, require_in_guild
from tests.fakes.discord.state import (
    CATEGORY,
    DM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREADS,
    Channel,
    Guild,
    Json,
    Message,
    Overwrite,
    Thread,
    User,
)
from tests.fakes.discord.validation import channel_name
from tests.fakes.discord.world import World

ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


def overwrites(guild: Guild, listed: list[Json] | None) -> dict[int, Overwrite]:
    """Overwrites as they were sent; whom they speak of must exist when it is a role."""
    found = {}
    for one in listed or []:
        target, kind = int(one["id"]), int(one.get("type") or 0)
        if kind == 0 and target not in guild.roles:
            raise unknown("Role")
        found[target] = Overwrite(target, kind, int(one.get("allow") or 0), int(one.get("deny") or 0))
    return found


def create(world: World, actor: User, guild: Guild, body: Json) -> Channel:
    held = require_in_guild(guild, actor, May.MANAGE_CHANNELS)
    kind = int(body.get("type") or TEXT)
    name = channel_name(body.get("name"), plain=kind in (CATEGORY, 2))
    parent = _parent(world, actor, guild, body.get("parent_id"), kind)
    given = overwrites(guild, body.get("permission_overwrites"))
    check_grant(held, list(given.values()))
    if len(guild.plain_channels()) >= guild.channel_limit:
        raise Refused(400, 30013, "Maximum number of guild channels reached (500)")
    if "permission_overwrites" not in body and parent is not None:
        given = {one.id: Overwrite(one.id, one.kind, one.allow, one.deny) for one in parent.overwrites.values()}
    channel = Channel(
        world.ids.new(), kind, name, guild, parent.id if parent else None, topic=_topic(body),
        position=int(body.get("position") or len(guild.channels)), nsfw=bool(body.get("nsfw")), overwrites=given,
        slowmode=int(body.get("rate_limit_per_user") or 0),
    )  # fmt: skip
    guild.channels[channel.id] = world.channels[channel.id] = channel
    world.audit(guild, actor, 10, channel.id)
    world.tell_channel("CHANNEL_CREATE", channel)
    return channel


def _topic(body: Json) -> str | None:
    topic = body.get("topic")
    if topic is not None:
        form = Form()
        form.longest("topic", topic, 1_024)
        form.end()
    return topic or None


def _parent(world: World, actor: User, guild: Guild, parent_id: str | int | None, kind: int) -> Channel | None:
    """The category to put a channel in. Raises 50035 when there is none of this id, or when it is full."""
    if not parent_id:
        return None
    parent, form = guild.channels.get(int(parent_id)), Form()
    if parent is None or parent.kind != CATEGORY or kind == CATEGORY:
        form.wrong("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
        form.end()
    assert parent is not None
    if not in_channel(parent, actor, world.clock.now()) & May.MANAGE_CHANNELS:
        raise missing_permissions()
    if len(guild.inside(parent.id)) >= guild.category_limit:
        form.wrong("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached (50)")
    form.end()
    return parent


def change(world: World, actor: User, channel: Channel, body: Json) -> Channel:
    if channel.thread is not None:
        return _change_thread(world, actor, channel, body)
    if channel.guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    require(channel, actor, world.clock.now(), May.MANAGE_CHANNELS)
    if "permission_overwrites" in body:
        require(channel, actor, world.clock.now(), May.MANAGE_ROLES)
        _replace_overwrites(actor, channel, overwrites(channel.guild, body["permission_overwrites"]))
    _rename(world, channel, body)
    if "parent_id" in body:
        moved = int(body["parent_id"] or 0)
        if moved != (channel.parent_id or 0):
            parent = _parent(world, actor, channel.guild, moved, channel.kind)
            channel.parent_id = parent.id if parent else None
    channel.position = int(body.get("position") or channel.position)
    channel.nsfw = bool(body.get("nsfw", channel.nsfw))
    channel.slowmode = int(body.get("rate_limit_per_user", channel.slowmode) or 0)
    world.tell_channel("CHANNEL_UPDATE", channel)
    return channel


def _rename(world: World, channel: Channel, body: Json) -> None:
    """Name and topic, both under the limit that no header tells."""
    name = channel_name(body["name"], plain=channel.kind == CATEGORY) if body.get("name") else channel.name
    topic = _topic(body) if "topic" in body else channel.topic
    if (name, topic) == (channel.name, channel.topic):
        return
    if wait := world.limits.rename(channel.id):
        raise Refused(429, 0, "You are being rate limited.", retry_after=wait, **{"global": False})
    channel.name, channel.topic = name, topic


def _replace_overwrites(actor: User, channel: Channel, wanted: dict[int, Overwrite]) -> None:
    assert channel.guild is not None
    held = in_guild(channel.guild, channel.guild.members[actor.id])
    before = channel.overwrites
    check_grant(held, [one for one in wanted.values() if not _same(one, before.get(one.id))])
    channel.overwrites = wanted


def _same(one: Overwrite, other: Overwrite | None) -> bool:
    return other is not None and (one.allow, one.deny) == (other.allow, other.deny)


def set_overwrite(world: World, actor: User, channel: Channel, target: int, body: Json) -> None:
    guild = _guild_of(channel)
    held = require(channel, actor, world.clock.now(), May.MANAGE_ROLES)
    wanted = overwrites(guild, [{"id": target, **body}])
    check_grant(held | in_guild(guild, guild.members[actor.id]), list(wanted.values()))
    channel.overwrites |= wanted
    world.tell_channel("CHANNEL_UPDATE", channel)


def remove_overwrite(world: World, actor: User, channel: Channel, target: int) -> None:
    _guild_of(channel)
    require(channel, actor, world.clock.now(), May.MANAGE_ROLES)
    if channel.overwrites.pop(target, None) is None:
        raise unknown("Permission Overwrite")
    world.tell_channel("CHANNEL_UPDATE", channel)


def _guild_of(channel: Channel) -> Guild:
    if channel.guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    return channel.guild


def delete(world: World, actor: User, channel: Channel) -> None:
    """A channel with the threads in it; a category leaves its channels behind."""
    guild = _guild_of(channel)
    needed = May.MANAGE_THREADS if channel.kind in THREADS else May.MANAGE_CHANNELS
    require(channel, actor, world.clock.now(), needed)
    remove(world, channel)
    world.audit(guild, actor, 12, channel.id)


def remove(world: World, channel: Channel) -> None:
    guild = _guild_of(channel)
    for inside in guild.inside(channel.id):
        if inside.kind in THREADS:
            remove(world, inside)
        else:
            inside.parent_id = None
            world.tell_channel("CHANNEL_UPDATE", inside)
    if channel.thread is not None:
        told = {
            "id": str(channel.id),
            "guild_id": str(guild.id),
            "parent_id": str(channel.parent_id),
            "type": channel.kind,
        }
        world.tell("THREAD_DELETE", told, channel)
    else:
        world.tell_channel("CHANNEL_DELETE", channel)
    del guild.channels[channel.id], world.channels[channel.id]
    channel.deleted = True
    world.touch()


# --- threads ---


def start_thread(world: World, actor: User, channel: Channel, body: Json, message: Message | None = None) -> Channel:
    """From ``message``, whose id the thread then has, or without one: private unless the body asks for a public one."""
    guild = _guild_of(channel)
    if channel.kind in THREADS or channel.kind not in (TEXT, 5):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    kind = PUBLIC_THREAD if message else int(body.get("type") or PRIVATE_THREAD)
    needed = May.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else May.CREATE_PUBLIC_THREADS
    require(channel, actor, world.clock.now(), needed)
    if message is not None and message.thread is not None:
        raise Refused(400, 160004, "A thread has already been created for this message")
    minutes, form = int(body.get("auto_archive_duration") or 1440), Form()
    form.longest("name", body.get("name"), 100, least=1)
    if minutes not in ARCHIVE_MINUTES:
        form.wrong("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {ARCHIVE_MINUTES}.")
    form.end()
    now = world.clock.now()
    thread = Thread(
        actor.id, now, {actor.id: now}, auto_archive_minutes=minutes, invitable=bool(body.get("invitable", True))
    )
    made = Channel(
        message.id if message else world.ids.new(), kind, str(body["name"]), guild, channel.id, thread=thread
    )
    guild.channels[made.id] = world.channels[made.id] = made
    if message is not None:
        message.thread = made
    world.tell("THREAD_CREATE", payloads.channel(made) | {"newly_created": True}, made)
    return made


def _change_thread(world: World, actor: User, channel: Channel, body: Json) -> Channel:
    thread = channel.thread
    assert thread is not None
    bits = require(channel, actor, world.clock.now())
    manages = bool(bits & May.MANAGE_THREADS)
    if not manages and (thread.owner_id != actor.id or {"locked", "rate_limit_per_user"} & body.keys()):
        raise missing_permissions()
    if thread.archived and body.get("archived", True) and set(body) - {"locked"}:
        raise Refused(400, 50083, "Thread is archived")
    _rename(world, channel, body)
    thread.archived = bool(body.get("archived", thread.archived))
    thread.locked = bool(body.get("locked", thread.locked))
    thread.invitable = bool(body.get("invitable", thread.invitable))
    world.tell_channel("THREAD_UPDATE", channel)
    return channel


def join_thread(world: World, actor: User, channel: Channel, user_id: int) -> None:
    """Takes ``user_id`` into the thread: himself, or somebody whom ``actor`` asks in."""
    thread, guild = _thread_of(channel), _guild_of(channel)
    require(channel, actor, world.clock.now(), May.SEND_MESSAGES_IN_THREADS)
    if user_id not in guild.members or not in_channel(
        channel.parent or channel, guild.members[user_id].user, world.clock.now()
    ):
        raise Refused(403, 50001, "Missing Access")
    if user_id in thread.members:
        return
    thread.members[user_id] = world.clock.now()
    _tell_members(world, channel, added=[user_id])


def leave_thread(world: World, actor: User, channel: Channel, user_id: int) -> None:
    thread = _thread_of(channel)
    needed = () if actor.id in (user_id, thread.owner_id) else (May.MANAGE_THREADS,)
    require(channel, actor, world.clock.now(), *needed)
    if thread.members.pop(user_id, None) is None:
        raise unknown("Member")
    _tell_members(world, channel, removed=[user_id])


def _thread_of(channel: Channel) -> Thread:
    if channel.thread is None:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return channel.thread


def _tell_members(
    world: World, channel: Channel, added: list[int] | None = None, removed: list[int] | None = None
) -> None:
    guild = _guild_of(channel)
    thread = _thread_of(channel)
    if world.application.bot.id in (added or []):
        world.tell("THREAD_CREATE", payloads.channel(channel), world.application.bot)
    world.tell("THREAD_MEMBERS_UPDATE", {
        "id": str(channel.id), "guild_id": str(guild.id), "member_count": len(thread.members),
        "removed_member_ids": [str(one) for one in removed or []],
        "added_members": [
            payloads.thread_member(channel, one)
            | {"member": payloads.member(guild.members[one]), "presence": None}
            for one in added or []
        ],
    }, channel)  # fmt: skip


__all__ = ["DM", "create", "delete", "remove", "set_overwrite", "start_thread"]
