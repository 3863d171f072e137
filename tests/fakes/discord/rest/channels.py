"""Channels, overwrites, threads."""

from typing import Any

from tests.fakes.discord import payloads, places
from tests.fakes.discord.permissions import May, in_channel, require
from tests.fakes.discord.rest.wire import Answer, Ask, body_of, route
from tests.fakes.discord.state import PRIVATE_THREAD, PUBLIC_THREAD, THREADS, Channel, Json


def _shown(ask: Ask, channel: Channel) -> Json:
    return payloads.dm_for(channel, ask.actor) if channel.guild is None else payloads.channel(channel)


@route("GET", "/channels/{channel_id}", "get_channel")
def get_channel(ask: Ask) -> Json:
    channel = ask.channel
    require(channel, ask.actor, ask.world.clock.now())
    return _shown(ask, channel)


@route("PATCH", "/channels/{channel_id}", "update_channel")
def update_channel(ask: Ask) -> Json:
    return _shown(ask, places.change(ask.world, ask.actor, ask.channel, body_of(ask)))


@route("DELETE", "/channels/{channel_id}", "delete_channel")
def delete_channel(ask: Ask) -> Json:
    channel = ask.channel
    shown = _shown(ask, channel)
    if channel.guild is not None:
        places.delete(ask.world, ask.actor, channel)
    return shown


@route("PUT", "/channels/{channel_id}/permissions/{overwrite_id}", "set_channel_permission_overwrite")
def set_overwrite(ask: Ask) -> None:
    places.set_overwrite(ask.world, ask.actor, ask.channel, ask.number("overwrite_id"), body_of(ask))


@route("DELETE", "/channels/{channel_id}/permissions/{overwrite_id}", "delete_channel_permission_overwrite")
def delete_overwrite(ask: Ask) -> None:
    places.remove_overwrite(ask.world, ask.actor, ask.channel, ask.number("overwrite_id"))


@route("GET", "/guilds/{guild_id}/channels", "list_guild_channels")
def list_channels(ask: Ask) -> list[Json]:
    return [payloads.channel(one) for one in ask.guild.plain_channels()]


@route("POST", "/guilds/{guild_id}/channels", "create_guild_channel")
def create_channel(ask: Ask) -> Answer:
    return Answer(201, payloads.channel(places.create(ask.world, ask.actor, ask.guild, body_of(ask))))


@route("PATCH", "/guilds/{guild_id}/channels", "bulk_update_guild_channels")
def move_channels(ask: Ask) -> None:
    for one in ask.body:
        channel = ask.world.channel(int(one["id"]))
        require(channel, ask.actor, ask.world.clock.now(), May.MANAGE_CHANNELS)
        channel.position = one.get("position") or channel.position
        ask.world.tell_channel("CHANNEL_UPDATE", channel)


@route("POST", "/channels/{channel_id}/threads", "create_thread")
def create_thread(ask: Ask) -> Answer:
    return Answer(201, _new_thread(ask, places.start_thread(ask.world, ask.actor, ask.channel, body_of(ask))))


@route("POST", "/channels/{channel_id}/messages/{message_id}/threads", "create_thread_from_message")
def create_thread_from_message(ask: Ask) -> Answer:
    made = places.start_thread(ask.world, ask.actor, ask.channel, body_of(ask), ask.message)
    return Answer(201, _new_thread(ask, made))


def _new_thread(ask: Ask, thread: Channel) -> Json:
    return payloads.channel(thread) | {"member": payloads.thread_member(thread, ask.actor.id)}


@route("GET", "/channels/{channel_id}/thread-members", "list_thread_members")
def list_thread_members(ask: Ask) -> list[Json]:
    channel = ask.channel
    require(channel, ask.actor, ask.world.clock.now())
    return [payloads.thread_member(channel, one) for one in channel.thread.members] if channel.thread else []


@route("PUT", "/channels/{channel_id}/thread-members/@me", "join_thread")
def join_thread(ask: Ask) -> None:
    places.join_thread(ask.world, ask.actor, ask.channel, ask.actor.id)


@route("DELETE", "/channels/{channel_id}/thread-members/@me", "leave_thread")
def leave_thread(ask: Ask) -> None:
    places.leave_thread(ask.world, ask.actor, ask.channel, ask.actor.id)


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}", "add_thread_member")
def add_thread_member(ask: Ask) -> None:
    places.join_thread(ask.world, ask.actor, ask.channel, ask.number("user_id"))


@route("DELETE", "/channels/{channel_id}/thread-members/{user_id}", "delete_thread_member")
def delete_thread_member(ask: Ask) -> None:
    places.leave_thread(ask.world, ask.actor, ask.channel, ask.number("user_id"))


def _threads(ask: Ask, found: list[Channel]) -> dict[str, Any]:
    seen = [one for one in found if in_channel(one, ask.actor, ask.world.clock.now())]
    mine = [one for one in seen if one.thread and ask.actor.id in one.thread.members]
    return {
        "threads": [payloads.channel(one) for one in seen], "has_more": False,
        "members": [payloads.thread_member(one, ask.actor.id) for one in mine],
    }  # fmt: skip


@route("GET", "/guilds/{guild_id}/threads/active", "get_active_guild_threads")
def active_threads(ask: Ask) -> Json:
    every = [one for one in ask.guild.channels.values() if one.kind in THREADS]
    return _threads(ask, [one for one in every if one.thread and not one.thread.archived])


def _archived(ask: Ask, kind: int) -> Json:
    channel = ask.channel
    require(channel, ask.actor, ask.world.clock.now(), May.READ_MESSAGE_HISTORY)
    every = channel.guild.inside(channel.id) if channel.guild else []
    return _threads(ask, [one for one in every if one.kind == kind and one.thread and one.thread.archived])


@route("GET", "/channels/{channel_id}/threads/archived/public", "list_public_archived_threads")
def public_archived(ask: Ask) -> Json:
    return _archived(ask, PUBLIC_THREAD)


@route("GET", "/channels/{channel_id}/threads/archived/private", "list_private_archived_threads")
def private_archived(ask: Ask) -> Json:
    return _archived(ask, PRIVATE_THREAD)
