"""Messages: said, changed, taken back, reacted to. Raises ``Refused`` where Discord would; ``actor`` is a bot or a person alike."""

import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.fakes.discord import payloads
from tests.fakes.discord.errors import Form, Refused, missing_permissions
from tests.fakes.discord.permissions import May, in_channel, require
from tests.fakes.discord.state import (
    COMPONENTS_V2,
    DM,
    EPHEMERAL,
    FORUM,
    NEWS,
    SUPPRESS_EMBEDS,
    TEXT,
    THREADS,
    VOICE,
    VOICE_MESSAGE,
    Attachment,
    Channel,
    Json,
    Message,
    User,
    walk,
)
from tests.fakes.discord.validation import check_message
from tests.fakes.discord.world import World

WRITABLE = frozenset({TEXT, NEWS, VOICE, DM, *THREADS})
OLD = 3_600
KEPT_FLAGS = EPHEMERAL | SUPPRESS_EMBEDS | VOICE_MESSAGE | COMPONENTS_V2 | (1 << 12)


@dataclass(frozen=True)
class Upload:
    filename: str
    content: bytes
    content_type: str = ""


Files = dict[int, Upload]
"""By their number in ``files[n]``."""


def post(world: World, actor: User, channel: Channel, body: Json, files: Files | None = None) -> Message:
    """An ordinary message of ``actor``."""
    bits = _may_write(world, actor, channel)
    files = files or {}
    check_message(body, bool(files))
    if files and not bits & May.ATTACH_FILES:
        raise missing_permissions()
    if known := _same_nonce(world, actor, body):
        return known
    _check_reference(channel, body)
    message = make(world, actor, channel, body, files)
    if not bits & May.EMBED_LINKS:
        message.embeds = []
    message.mention_everyone = message.mention_everyone and bool(bits & May.MENTION_EVERYONE)
    publish(world, message)
    return message


def _may_write(world: World, actor: User, channel: Channel) -> int:
    needed = May.SEND_MESSAGES_IN_THREADS if channel.kind in THREADS else May.SEND_MESSAGES
    bits = require(channel, actor, world.clock.now(), needed)
    if channel.kind not in WRITABLE:
        raise Refused(
            400,
            50008,
            "Cannot send messages in a non-text channel"
            if channel.kind != FORUM
            else "Cannot execute action on this channel type",
        )
    if channel.kind == DM and not _acquainted(world, channel):
        raise Refused(403, 50007, "Cannot send messages to this user")
    if channel.thread is not None and channel.thread.archived:
        if channel.thread.locked and not bits & May.MANAGE_THREADS:
            raise Refused(400, 50083, "Thread is archived")
        channel.thread.archived = False
        world.tell_channel("THREAD_UPDATE", channel)
    return bits


def _acquainted(world: World, channel: Channel) -> bool:
    """Whether the two of a direct channel share a guild: a bot reaches nobody else."""
    one, other = channel.recipients
    if not (one.bot or other.bot):
        return True
    return any(one.id in guild.members and other.id in guild.members for guild in world.guilds.values())


def _same_nonce(world: World, actor: User, body: Json) -> Message | None:
    """With ``enforce_nonce``, the message that the same author sent with the same nonce in the last minutes."""
    nonce = body.get("nonce")
    if nonce is None or not body.get("enforce_nonce"):
        return None
    found = world.nonces.get((actor.id, str(nonce)))
    for channel in world.channels.values():
        message = channel.messages.get(found) if found else None
        if message is not None and world.clock.now() - message.created < 300:
            return message
    return None


def _check_reference(channel: Channel, body: Json) -> None:
    reference = body.get("message_reference")
    if not reference:
        return
    if int(reference.get("message_id") or 0) not in channel.messages and reference.get("fail_if_not_exists", True):
        form = Form()
        form.wrong("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        form.end()


def make(world: World, author: User, channel: Channel, body: Json, files: Files) -> Message:
    """The message that ``body`` describes, in no channel yet."""
    message = Message(world.ids.new(), channel, author, world.clock.now())
    message.content = str(body.get("content") or "").strip()
    message.flags = int(body.get("flags") or 0) & KEPT_FLAGS
    message.embeds = [{"type": "rich", **embed} for embed in body.get("embeds") or []]
    message.components = numbered(body.get("components") or [])
    message.attachments = attached(world, channel, body.get("attachments"), files)
    message.nonce = body.get("nonce")
    reference = body.get("message_reference")
    if reference and int(reference["message_id"]) in channel.messages:
        message.reply_to, message.kind = int(reference["message_id"]), payloads.REPLY
    set_mentions(message, body.get("allowed_mentions"))
    message.versions = [message.content]
    return message


def publish(world: World, message: Message) -> None:
    """Puts the message where it is to stand and tells who may see it; an ephemeral one is told to nobody's gateway."""
    message.channel.messages[message.id] = message
    if message.nonce is not None:
        world.nonces[message.author.id, str(message.nonce)] = message.id
    if message.ephemeral_to is None:
        world.tell("MESSAGE_CREATE", with_member(message), message.channel)
    else:
        world.touch()


def with_member(message: Message) -> Json:
    """As the gateway tells it: with the guild, and with what the author is there."""
    told = payloads.message(message)
    told.setdefault("nonce", None)
    guild = message.channel.guild
    if guild is None:
        return told | {"channel_type": DM}
    told |= {"guild_id": str(guild.id), "channel_type": message.channel.kind}
    if message.author.id in guild.members and message.webhook_name is None:
        told["member"] = payloads.member(guild.members[message.author.id], with_user=False)
    for mentioned in told["mentions"]:
        mentioned["member"] = payloads.member(guild.members[int(mentioned["id"])], with_user=False)
    return told


def numbered(components: list[Json]) -> list[Json]:
    """Components as they come back: each with an id, and with what was left out filled in."""
    found = [dict(part) for part in components]
    for part in found:
        for key in ("components", "items"):
            if key in part:
                part[key] = numbered(part[key]) if key == "components" else part[key]
        if "accessory" in part:
            part["accessory"] = numbered([part["accessory"]])[0]
        if part["type"] in (3, 5, 6, 7, 8):
            part.setdefault("min_values", 1)
            part.setdefault("max_values", 1)
        if part["type"] == 2:
            # What a button has not, an emoji of Unicode an id, say, discord.py spells out as null.
            if part.get("emoji"):
                part["emoji"] = {key: value for key, value in part["emoji"].items() if value is not None}
            for absent in [key for key, value in part.items() if value is None]:
                del part[absent]
    for number, part in enumerate(walk(found), start=1):
        part["id"] = part.get("id") or number
    return found


def attached(world: World, channel: Channel, described: list[Json] | None, files: Files) -> list[Attachment]:
    """Files become attachments with an address at the CDN that ends, as Discord's do, after a day."""
    about = {int(one["id"]): one for one in described or []}
    if sum(len(upload.content) for upload in files.values()) > world.upload_limit:
        raise Refused(413, 40005, "Request entity too large")
    made = []
    for number, upload in files.items():
        more = about.get(number, {})
        name = re.sub(r"[^\w.\-]+", "_", str(more.get("filename") or upload.filename))
        kind = upload.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind.startswith("text/") and "charset" not in kind:
            kind += "; charset=utf-8"
        attachment_id = world.ids.new()
        path = f"attachments/{channel.id}/{attachment_id}/{name}"
        world.files[path] = (kind, upload.content)
        ends = int(world.clock.now()) + 86_400
        url = f"{world.url}/cdn/{path}?ex={ends:x}&is={ends - 86_400:x}&hm={attachment_id:x}"
        made.append(
            Attachment(
                attachment_id, name, upload.content, kind, url, more.get("description"), more.get("duration_secs")
            )
        )
    return made


def set_mentions(message: Message, allowed: Json | None) -> None:
    """Who is mentioned by the text, after ``allowed_mentions``: whom it leaves out is neither shown as mentioned nor disturbed."""
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or [])
    listed = {kind: {int(one) for one in (allowed or {}).get(kind) or []} for kind in ("users", "roles")}
    people = {int(one) for one in re.findall(r"<@!?(\d+)>", message.content)}
    roles = {int(one) for one in re.findall(r"<@&(\d+)>", message.content)}
    message.mentions = sorted(people if "users" in parse else people & listed["users"])
    message.mention_roles = sorted(roles if "roles" in parse else roles & listed["roles"])
    message.mention_everyone = "everyone" in parse and bool(re.search(r"@(everyone|here)\b", message.content))
    told = message.channel.messages.get(message.reply_to or 0)
    replied = allowed is None or bool(allowed.get("replied_user"))
    if told is not None and message.kind == payloads.REPLY and replied and told.author.id not in message.mentions:
        message.mentions.append(told.author.id)


def edit(world: World, actor: User, message: Message, body: Json, files: Files | None = None) -> Message:
    """By its author; who may manage messages can only take the previews away."""
    require(message.channel, actor, world.clock.now())
    if message.author is not actor:
        may_suppress = in_channel(message.channel, actor, world.clock.now()) & May.MANAGE_MESSAGES
        if set(body) - {"flags"} or not may_suppress:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
    old = world.clock.now() - message.created > OLD
    if old and actor.bot and not world.limits.off:
        if world.limits.old_edits <= 0:
            raise Refused(
                429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later.",
                retry_after=world.limits.old_edit_retry, **{"global": False},
            )  # fmt: skip
        world.limits.old_edits -= 1
    return change(world, message, body, files or {})


def change(world: World, message: Message, body: Json, files: Files) -> Message:
    """What the body names is replaced; the rest stays."""
    check_message(body, bool(files), editing=True)
    kept = message.attachments
    if "attachments" in body:
        named = {int(one["id"]) for one in body["attachments"] or []}
        kept = [one for one in message.attachments if one.id in named]
    content = str(body["content"] or "").strip() if "content" in body else message.content
    embeds = [{"type": "rich", **one} for one in body["embeds"] or []] if "embeds" in body else message.embeds
    components = numbered(body["components"] or []) if "components" in body else message.components
    attachments = kept + attached(world, message.channel, body.get("attachments"), files)
    if not (content or embeds or components or attachments):
        raise Refused(400, 50006, "Cannot send an empty message")
    message.content, message.embeds, message.components = content, embeds, components
    message.attachments = attachments
    if body.get("flags") is not None:
        message.flags = int(body["flags"]) & KEPT_FLAGS | message.flags & (EPHEMERAL | COMPONENTS_V2)
    set_mentions(message, body.get("allowed_mentions"))
    message.edited = world.clock.now()
    message.versions.append(content)
    told_of_edit(world, message)
    return message


def told_of_edit(world: World, message: Message) -> None:
    if message.ephemeral_to is None:
        world.tell("MESSAGE_UPDATE", with_member(message), message.channel)
    else:
        world.touch()


def delete(world: World, actor: User, message: Message) -> None:
    needed = () if message.author is actor else (May.MANAGE_MESSAGES,)
    require(message.channel, actor, world.clock.now(), *needed)
    if message.channel.kind == DM and needed:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    remove(world, message)


def remove(world: World, message: Message) -> None:
    message.channel.messages.pop(message.id, None)
    message.deleted = True
    if message.ephemeral_to is None:
        world.tell("MESSAGE_DELETE", _names(message), message.channel)
    else:
        world.touch()


def _names(message: Message) -> Json:
    named = {"id": str(message.id), "channel_id": str(message.channel.id)}
    return named | ({"guild_id": str(message.channel.guild.id)} if message.channel.guild else {})


def bulk_delete(world: World, actor: User, channel: Channel, ids: Iterable[int]) -> None:
    require(channel, actor, world.clock.now(), May.MANAGE_MESSAGES)
    wanted = list(ids)
    if not 2 <= len(wanted) <= 100:
        raise Refused(
            400,
            50016,
            "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete",
        )
    found = [channel.messages[one] for one in wanted if one in channel.messages]
    if any(world.clock.now() - one.created > 14 * 86_400 for one in found):
        raise Refused(400, 50034, "A message provided was too old to bulk delete")
    for one in found:
        one.deleted = True
        del channel.messages[one.id]
    assert channel.guild is not None
    world.tell("MESSAGE_DELETE_BULK", {
        "ids": [str(one.id) for one in found], "channel_id": str(channel.id), "guild_id": str(channel.guild.id),
    }, channel)  # fmt: skip


def history(world: World, viewer: User, channel: Channel, **around: int) -> list[Message]:
    """Newest first. ``before``, ``after``, ``around`` are ids; ``limit`` 1 to 100."""
    bits = require(channel, viewer, world.clock.now())
    if not bits & May.READ_MESSAGE_HISTORY:
        return []
    shown = [one for one in channel.messages.values() if one.ephemeral_to is None]
    limit = around.get("limit", 50)
    if not 1 <= limit <= 100:
        form = Form()
        form.wrong("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
        form.end()
    if "before" in around:
        shown = [one for one in shown if one.id < around["before"]][-limit:]
    elif "after" in around:
        shown = [one for one in shown if one.id > around["after"]][:limit]
    elif "around" in around:
        below = [one for one in shown if one.id <= around["around"]][-(limit // 2 + 1) :]
        shown = below + [one for one in shown if one.id > around["around"]][: limit // 2]
    return shown[-limit:][::-1]


def react(world: World, actor: User, message: Message, emoji: str) -> None:
    needed = May.ADD_REACTIONS if emoji not in message.reactions else May.READ_MESSAGE_HISTORY
    require(message.channel, actor, world.clock.now(), needed)
    who = message.reactions.setdefault(emoji, [])
    if actor.id in who:
        return
    who.append(actor.id)
    world.tell("MESSAGE_REACTION_ADD", _reaction(message, actor, emoji), message.channel)


def unreact(world: World, actor: User, message: Message, emoji: str) -> None:
    require(message.channel, actor, world.clock.now())
    who = message.reactions.get(emoji, [])
    if actor.id not in who:
        raise Refused(404, 10014, "Unknown Emoji")
    who.remove(actor.id)
    if not who:
        del message.reactions[emoji]
    world.tell("MESSAGE_REACTION_REMOVE", _reaction(message, actor, emoji), message.channel)


def _reaction(message: Message, actor: User, emoji: str) -> Json:
    told = {
        "user_id": str(actor.id), "channel_id": str(message.channel.id), "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji}, "burst": False, "type": 0,
    }  # fmt: skip
    if (guild := message.channel.guild) is not None:
        told |= {"guild_id": str(guild.id), "member": payloads.member(guild.members[actor.id])}
    return told


def pin(world: World, actor: User, message: Message, *, pinned: bool) -> None:
    require(message.channel, actor, world.clock.now(), May.PIN_MESSAGES)
    if pinned and sum(one.pinned for one in message.channel.messages.values()) >= 250:
        raise Refused(400, 30003, "Maximum number of pinned messages reached (250)")
    message.pinned = pinned
    told = {"channel_id": str(message.channel.id), "last_pin_timestamp": None}
    if message.channel.guild is not None:
        told["guild_id"] = str(message.channel.guild.id)
    world.tell("CHANNEL_PINS_UPDATE", told, message.channel)


def typing(world: World, actor: User, channel: Channel) -> None:
    require(
        channel,
        actor,
        world.clock.now(),
        May.SEND_MESSAGES if channel.kind not in THREADS else May.SEND_MESSAGES_IN_THREADS,
    )
    told: Json = {"channel_id": str(channel.id), "user_id": str(actor.id), "timestamp": int(world.clock.now())}
    if channel.guild is not None:
        told |= {"guild_id": str(channel.guild.id), "member": payloads.member(channel.guild.members[actor.id])}
    world.tell("TYPING_START", told, channel)
