"""Messages, reactions, pins, typing, direct channels."""

from urllib.parse import unquote

from tests.fakes.discord import messages, payloads
from tests.fakes.discord.clock import iso
from tests.fakes.discord.errors import Refused, unknown
from tests.fakes.discord.permissions import May, require
from tests.fakes.discord.rest.wire import Ask, body_of, route
from tests.fakes.discord.state import Json


@route("GET", "/channels/{channel_id}/messages", "list_messages")
def list_messages(ask: Ask) -> list[Json]:
    asked = {name: int(ask.query[name]) for name in ("before", "after", "around", "limit") if name in ask.query}
    return [payloads.message(one) for one in messages.history(ask.world, ask.actor, ask.channel, **asked)]


@route("POST", "/channels/{channel_id}/messages", "create_message")
def create_message(ask: Ask) -> Json:
    return payloads.message(messages.post(ask.world, ask.actor, ask.channel, body_of(ask), ask.files))


@route("POST", "/channels/{channel_id}/messages/bulk-delete", "bulk_delete_messages")
def bulk_delete(ask: Ask) -> None:
    messages.bulk_delete(ask.world, ask.actor, ask.channel, [int(one) for one in body_of(ask)["messages"]])


@route("GET", "/channels/{channel_id}/messages/pins", "list_pins")
def pins(ask: Ask) -> Json:
    channel = ask.channel
    require(channel, ask.actor, ask.world.clock.now(), May.READ_MESSAGE_HISTORY)
    found = [one for one in channel.messages.values() if one.pinned]
    return {
        "items": [{"pinned_at": iso(one.created), "message": payloads.message(one)} for one in found[::-1]],
        "has_more": False,
    }


@route("PUT", "/channels/{channel_id}/messages/pins/{message_id}", "create_pin")
def pin(ask: Ask) -> None:
    messages.pin(ask.world, ask.actor, ask.message, pinned=True)


@route("DELETE", "/channels/{channel_id}/messages/pins/{message_id}", "delete_pin")
def unpin(ask: Ask) -> None:
    messages.pin(ask.world, ask.actor, ask.message, pinned=False)


@route("GET", "/channels/{channel_id}/messages/{message_id}", "get_message")
def get_message(ask: Ask) -> Json:
    require(ask.channel, ask.actor, ask.world.clock.now(), May.READ_MESSAGE_HISTORY)
    if ask.message.ephemeral_to is not None:
        raise unknown("Message")
    return payloads.message(ask.message)


@route("PATCH", "/channels/{channel_id}/messages/{message_id}", "update_message")
def update_message(ask: Ask) -> Json:
    return payloads.message(messages.edit(ask.world, ask.actor, ask.message, body_of(ask), ask.files))


@route("DELETE", "/channels/{channel_id}/messages/{message_id}", "delete_message")
def delete_message(ask: Ask) -> None:
    messages.delete(ask.world, ask.actor, ask.message)


@route("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me", "add_my_message_reaction")
def react(ask: Ask) -> None:
    messages.react(ask.world, ask.actor, ask.message, unquote(ask.params["emoji_name"]))


@route(
    "DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me", "delete_my_message_reaction"
)
def unreact(ask: Ask) -> None:
    messages.unreact(ask.world, ask.actor, ask.message, unquote(ask.params["emoji_name"]))


@route("POST", "/channels/{channel_id}/typing", "trigger_typing_indicator")
def typing(ask: Ask) -> None:
    messages.typing(ask.world, ask.actor, ask.channel)


@route("POST", "/users/@me/channels", "create_dm")
def create_dm(ask: Ask) -> Json:
    other = ask.world.users.get(int(body_of(ask).get("recipient_id") or 0))
    if other is None:
        raise unknown("User")
    if other is ask.actor:
        raise Refused(400, 50007, "Cannot send messages to this user")
    return payloads.dm_for(ask.world.direct_channel(ask.actor, other), ask.actor)
