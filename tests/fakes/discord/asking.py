"""Interactions: what a person asks of the application, its answer within three seconds, and what may follow for fifteen minutes."""

import asyncio
import secrets

from tests.fakes.discord import messages, payloads
from tests.fakes.discord.errors import Form, Refused, unknown
from tests.fakes.discord.messages import Files
from tests.fakes.discord.permissions import in_channel
from tests.fakes.discord.state import EPHEMERAL, LOADING, Channel, Interaction, Json, Message, User
from tests.fakes.discord.validation import check_message, check_modal
from tests.fakes.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMITTED = 2, 3, 4, 5
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
ALLOWED = {
    COMMAND: {MESSAGE, DEFERRED, MODAL}, COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES}, SUBMITTED: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}  # fmt: skip


def ask(
    world: World,
    user: User,
    channel: Channel,
    kind: int,
    data: Json,
    message: Message | None = None,
    command: Json | None = None,
) -> Interaction:
    """Tells the application. Who waits is woken when the time for an answer is over."""
    interaction = Interaction(
        world.ids.new(), secrets.token_urlsafe(48), kind, user, channel, data, world.clock.now(), message, command
    )
    world.interactions[interaction.token] = interaction
    world.tell("INTERACTION_CREATE", _payload(world, interaction), world.application.bot)
    asyncio.get_running_loop().call_later(world.interaction_deadline + 0.01, world.touch)
    return interaction


def _payload(world: World, one: Interaction) -> Json:
    channel, now = one.channel, world.clock.now()
    told: Json = {
        "id": str(one.id), "application_id": str(world.application.id), "type": one.kind, "data": one.data,
        "token": one.token, "version": 1, "channel_id": str(channel.id), "locale": "en-US", "entitlements": [],
        "channel": payloads.channel(channel) | {"permissions": str(in_channel(channel, one.user, now))},
        "app_permissions": str(in_channel(channel, world.application.bot, now)), "context": 0 if channel.guild else 1,
        "attachment_size_limit": world.upload_limit, "authorizing_integration_owners": _owners(one),
    }  # fmt: skip
    if channel.guild is not None:
        member = payloads.member(channel.guild.members[one.user.id])
        told |= {
            "guild_id": str(channel.guild.id), "guild_locale": "en-US",
            "guild": {"id": str(channel.guild.id), "locale": "en-US", "features": []},
            "member": member | {"permissions": str(in_channel(channel, one.user, now))},
        }  # fmt: skip
    else:
        told["user"] = payloads.user(one.user)
    if one.message is not None:
        told["message"] = payloads.message(one.message)
    return told


def _owners(one: Interaction) -> Json:
    return {"0": str(one.channel.guild.id) if one.channel.guild else "0"}


def is_late(world: World, interaction: Interaction) -> bool:
    """Whether the application has let its time pass without an answer."""
    return not interaction.acknowledged and world.clock.now() - interaction.created > world.interaction_deadline


def answer(world: World, interaction_id: int, token: str, body: Json, files: Files) -> Interaction:
    """The first answer. Raises 10062 when it comes too late or for nothing, 40060 when it is the second."""
    one = world.interactions.get(token)
    if one is None or one.id != interaction_id:
        raise unknown("Interaction")
    if one.acknowledged:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if is_late(world, one):
        one.too_late = True
        raise unknown("Interaction")
    kind, data = int(body.get("type") or 0), body.get("data") or {}
    form = Form()
    if kind not in ALLOWED[one.kind]:
        form.wrong(
            "type",
            "INTERACTION_CALLBACK_TYPE_INVALID",
            f"An interaction of type {one.kind} is not answered with {kind}.",
        )
    form.end()
    _carry_out(world, one, kind, data, files)
    one.acknowledged = kind
    world.touch()
    return one


def _carry_out(world: World, one: Interaction, kind: int, data: Json, files: Files) -> None:
    if kind == MESSAGE:
        check_message(data, bool(files))
        one.original = _message(world, one, data, files)
    elif kind == DEFERRED:
        one.original = _message(world, one, {"flags": data.get("flags") or 0}, {}, loading=True)
    elif kind == UPDATE and one.message is not None:
        one.original = messages.change(world, one.message, data, files)
    elif kind == DEFERRED_UPDATE:
        one.original = one.message
    elif kind == CHOICES:
        form = Form()
        choices = data.get("choices") or []
        if len(choices) > 25:
            form.wrong("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for index, choice in enumerate(choices):
            form.longest(f"data.choices.{index}.name", choice.get("name"), 100, least=1)
            if isinstance(choice.get("value"), str):
                form.longest(f"data.choices.{index}.value", choice["value"], 100, least=1)
        form.end()
        one.choices = choices
    elif kind == MODAL:
        check_modal(data)
        one.modal = data


def _message(world: World, one: Interaction, body: Json, files: Files, *, loading: bool = False) -> Message:
    made = messages.make(world, world.application.bot, one.channel, body, files)
    made.application_id = made.webhook_id = world.application.id
    made.interaction = _metadata(one)
    if one.kind == COMMAND:
        made.kind = 20 if one.data.get("type", 1) == 1 else 23
    if made.flags & EPHEMERAL:
        made.ephemeral_to = one.user.id
    if loading:
        made.flags |= LOADING
    messages.publish(world, made)
    return made


def _metadata(one: Interaction) -> Json:
    told: Json = {
        "id": str(one.id), "type": one.kind, "user": payloads.user(one.user), "authorizing_integration_owners": _owners(one),
    }  # fmt: skip
    if one.kind == COMPONENT and one.message is not None:
        told["interacted_message_id"] = str(one.message.id)
    if one.kind == SUBMITTED:
        told["triggering_interaction_metadata"] = {
            "id": str(one.id), "type": 2, "user": payloads.user(one.user), "authorizing_integration_owners": _owners(one),
        }  # fmt: skip
    return told


def by_token(world: World, application_id: int, token: str) -> Interaction:
    """For what follows the first answer. Raises 50027 after fifteen minutes, 10015 for a token that never was."""
    one = world.interactions.get(token)
    if one is None or application_id != world.application.id:
        raise unknown("Webhook")
    if world.clock.now() - one.created > world.token_life:
        raise Refused(401, 50027, "Invalid Webhook Token")
    return one


def follow_up(world: World, one: Interaction, body: Json, files: Files) -> Message:
    """One more message. The first one after "thinking ..." takes its place."""
    if not one.acknowledged:
        raise unknown("Webhook")
    check_message(body, bool(files))
    if one.original is not None and one.original.flags & LOADING:
        return change(world, one, one.original, body, files)
    made = _message(world, one, body, files)
    if one.original is not None and made.ephemeral_to is None:
        made.kind, made.reply_to = payloads.REPLY, one.original.id if one.original.id in one.channel.messages else None
    one.followups.append(made)
    return made


def named(one: Interaction, name: str) -> Message:
    """``@original`` or the id of a message that belongs to this interaction."""
    if not one.acknowledged:
        raise unknown("Webhook")
    mine = [one.original, *one.followups]
    found = (
        one.original if name == "@original" else next((each for each in mine if each and str(each.id) == name), None)
    )
    if found is None or found.deleted:
        raise unknown("Message")
    return found


def change(world: World, one: Interaction, message: Message, body: Json, files: Files) -> Message:
    message.flags &= ~LOADING
    return messages.change(world, message, body, files)
