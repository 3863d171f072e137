"""Commands, answers to interactions, webhooks."""

import secrets
from typing import Any

from tests.fakes.discord import asking, messages, payloads
from tests.fakes.discord.commands import CREATED_A_DAY, check_commands, stored
from tests.fakes.discord.errors import Refused, missing_access, unauthorized, unknown
from tests.fakes.discord.permissions import May, require
from tests.fakes.discord.rest.wire import Answer, Ask, body_of, route
from tests.fakes.discord.state import LOADING, Interaction, Json, Message, Webhook
from tests.fakes.discord.validation import check_message

COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def _place(ask: Ask) -> int | None:
    """The guild whose commands are meant, or None for the global ones."""
    if ask.number("application_id") != ask.world.application.id or not ask.actor.bot:
        raise missing_access()
    return ask.guild.id if "guild_id" in ask.params else None


def _put(ask: Ask, wanted: list[Json], *, replace: bool) -> list[Json]:
    """A command of the same name and kind keeps its id; each new one counts towards 200 a day."""
    place, application = _place(ask), ask.world.application
    before = application.commands.get(place, [])
    known = {(one["type"], one["name"]): int(one["id"]) for one in before}
    keep = [] if replace else [one for one in before if one["name"] not in {new.get("name") for new in wanted}]
    check_commands([*keep, *wanted])
    made = []
    for one in wanted:
        key = (one.get("type") or 1, one["name"])
        if key not in known:
            application.commands_created += 1
            if application.commands_created > CREATED_A_DAY:
                raise Refused(
                    429,
                    30034,
                    "Max number of daily application command creates has been reached (200)",
                    retry_after=3600.0,
                )
        made.append(stored(one, known.get(key) or ask.world.ids.new(), application.id, place))
    application.commands[place] = keep + made
    ask.world.touch()
    return made


@route("PUT", COMMANDS, "bulk_set_application_commands")
def put_commands(ask: Ask) -> list[Json]:
    return _put(ask, ask.body or [], replace=True)


@route("PUT", GUILD_COMMANDS, "bulk_set_guild_application_commands")
def put_guild_commands(ask: Ask) -> list[Json]:
    return _put(ask, ask.body or [], replace=True)


@route("POST", COMMANDS, "create_application_command")
def post_command(ask: Ask) -> Answer:
    return Answer(201, _put(ask, [body_of(ask)], replace=False)[0])


@route("POST", GUILD_COMMANDS, "create_guild_application_command")
def post_guild_command(ask: Ask) -> Answer:
    return Answer(201, _put(ask, [body_of(ask)], replace=False)[0])


@route("GET", COMMANDS, "list_application_commands")
def list_commands(ask: Ask) -> list[Json]:
    return ask.world.application.commands.get(_place(ask), [])


@route("GET", GUILD_COMMANDS, "list_guild_application_commands")
def list_guild_commands(ask: Ask) -> list[Json]:
    return ask.world.application.commands.get(_place(ask), [])


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", "create_interaction_response", open=True)
def callback(ask: Ask) -> Any:
    body = body_of(ask)
    one = asking.answer(ask.world, ask.number("interaction_id"), ask.params["interaction_token"], body, ask.files)
    if ask.query.get("with_response") not in ("1", "true"):
        return None
    told: Json = {"interaction": {"id": str(one.id), "type": one.kind}}
    if one.acknowledged in (asking.MESSAGE, asking.DEFERRED, asking.UPDATE, asking.DEFERRED_UPDATE) and one.original:
        told["interaction"] |= {
            "response_message_id": str(one.original.id),
            "response_message_loading": bool(one.original.flags & LOADING),
            "response_message_ephemeral": one.original.ephemeral_to is not None,
        }
    if one.acknowledged in (asking.MESSAGE, asking.UPDATE) and one.original:
        told["resource"] = {"type": one.acknowledged, "message": payloads.message(one.original)}
    return told


# --- webhooks, of interactions and of channels: their addresses look alike ---


def _interaction(ask: Ask) -> Interaction | None:
    """The interaction whose token stands in the path; None when the path speaks of a channel's webhook."""
    if ask.number("webhook_id") in ask.world.webhooks:
        return None
    return asking.by_token(ask.world, ask.number("webhook_id"), ask.params["webhook_token"])


def _webhook(ask: Ask) -> Webhook:
    found = ask.world.webhooks[ask.number("webhook_id")]
    if found.token != ask.params["webhook_token"]:
        raise unauthorized()
    return found


def _hooked_message(ask: Ask, name: str) -> Message:
    hook = _webhook(ask)
    message = hook.channel.messages.get(int(name))
    if message is None or message.webhook_id != hook.id:
        raise unknown("Message")
    return message


@route("POST", "/webhooks/{webhook_id}/{webhook_token}", "execute_webhook", open=True)
def execute_webhook(ask: Ask) -> Any:
    one, body = _interaction(ask), body_of(ask)
    if one is not None:
        return payloads.message(asking.follow_up(ask.world, one, body, ask.files))
    hook = _webhook(ask)
    check_message(body, bool(ask.files))
    made = messages.make(ask.world, hook.owner, hook.channel, body, ask.files)
    made.webhook_id, made.webhook_name = hook.id, str(body.get("username") or hook.name)
    messages.publish(ask.world, made)
    return payloads.message(made) if ask.query.get("wait") in ("1", "true") else None


def _named(ask: Ask, name: str) -> tuple[Interaction | None, Message]:
    one = _interaction(ask)
    return one, asking.named(one, name) if one else _hooked_message(ask, name)


def _change(ask: Ask, name: str) -> Json:
    one, message = _named(ask, name)
    if one is not None:
        return payloads.message(asking.change(ask.world, one, message, body_of(ask), ask.files))
    return payloads.message(messages.change(ask.world, message, body_of(ask), ask.files))


ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
OTHER = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"


@route("GET", ORIGINAL, "get_original_webhook_message", open=True)
def get_original(ask: Ask) -> Json:
    return payloads.message(_named(ask, "@original")[1])


@route("PATCH", ORIGINAL, "update_original_webhook_message", open=True)
def change_original(ask: Ask) -> Json:
    return _change(ask, "@original")


@route("DELETE", ORIGINAL, "delete_original_webhook_message", open=True)
def delete_original(ask: Ask) -> None:
    messages.remove(ask.world, _named(ask, "@original")[1])


@route("GET", OTHER, "get_webhook_message", open=True)
def get_other(ask: Ask) -> Json:
    return payloads.message(_named(ask, ask.params["message_id"])[1])


@route("PATCH", OTHER, "update_webhook_message", open=True)
def change_other(ask: Ask) -> Json:
    return _change(ask, ask.params["message_id"])


@route("DELETE", OTHER, "delete_webhook_message", open=True)
def delete_other(ask: Ask) -> None:
    messages.remove(ask.world, _named(ask, ask.params["message_id"])[1])


@route("POST", "/channels/{channel_id}/webhooks", "create_webhook")
def create_webhook(ask: Ask) -> Json:
    channel = ask.channel
    require(channel, ask.actor, ask.world.clock.now(), May.MANAGE_WEBHOOKS)
    hook = Webhook(ask.world.ids.new(), secrets.token_urlsafe(40), str(body_of(ask)["name"]), channel, ask.actor)
    ask.world.webhooks[hook.id] = hook
    return {
        "id": str(hook.id), "type": 1, "name": hook.name, "avatar": None, "channel_id": str(channel.id),
        "application_id": str(ask.world.application.id), "token": hook.token, "user": payloads.user(ask.actor),
        "guild_id": str(channel.guild.id) if channel.guild else None,
    }  # fmt: skip
