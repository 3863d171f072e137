"""Objects as Discord writes them in JSON."""

from tests.fakes.discord.clock import iso
from tests.fakes.discord.permissions import in_channel
from tests.fakes.discord.state import (
    CATEGORY,
    DM,
    THREADS,
    Application,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Role,
    User,
)

REPLY = 19


def user(one: User) -> Json:
    return {
        "id": str(one.id), "username": one.name, "discriminator": "0000" if one.bot else "0", "avatar": None,
        "global_name": None if one.bot else (one.global_name or one.name.capitalize()), "bot": one.bot,
        "public_flags": 0, "flags": 0, "primary_guild": None,
    }  # fmt: skip


def own_user(one: User, *, with_email: bool = False) -> Json:
    """What the account itself is told of itself."""
    shown = user(one) | {"mfa_enabled": True, "locale": "en-US", "verified": True}
    return shown | ({"email": one.email} if with_email else {})


def member(one: Member, *, with_user: bool = True) -> Json:
    shown: Json = {
        "avatar": None, "banner": None, "flags": 0, "joined_at": iso(one.joined_at), "nick": one.nick, "pending": False,
        "premium_since": None, "roles": [str(role_id) for role_id in sorted(one.role_ids)], "mute": False, "deaf": False,
        "communication_disabled_until": iso(one.timed_out_until) if one.timed_out_until else None,
    }  # fmt: skip
    return shown | ({"user": user(one.user)} if with_user else {})


def role(one: Role) -> Json:
    shown: Json = {
        "id": str(one.id), "name": one.name, "permissions": str(one.permissions), "position": one.position,
        "color": one.color, "colors": {"primary_color": one.color, "secondary_color": None, "tertiary_color": None},
        "hoist": one.hoist, "managed": one.managed_by is not None, "mentionable": one.mentionable, "icon": None,
        "unicode_emoji": None, "flags": 0,
    }  # fmt: skip
    if one.managed_by is not None:
        shown["tags"] = {"bot_id": str(one.managed_by)}
    return shown


def channel(one: Channel) -> Json:
    if one.thread is not None:
        return _thread(one)
    last = max(one.messages, default=None)
    shown: Json = {"id": str(one.id), "type": one.kind, "flags": 0, "last_message_id": str(last) if last else None}
    if one.kind == DM:
        return shown | {"recipients": [user(other) for other in one.recipients]}
    assert one.guild is not None
    shown |= {
        "guild_id": str(one.guild.id), "name": one.name, "position": one.position,
        "parent_id": str(one.parent_id) if one.parent_id else None, "nsfw": one.nsfw,
        "permission_overwrites": [
            {"id": str(each.id), "type": each.kind, "allow": str(each.allow), "deny": str(each.deny)}
            for each in one.overwrites.values()
        ],
    }  # fmt: skip
    if one.kind != CATEGORY:
        shown |= {"topic": one.topic, "rate_limit_per_user": one.slowmode}
    return shown


def dm_for(one: Channel, viewer: User) -> Json:
    """A direct channel lists the others, not who looks."""
    return channel(one) | {"recipients": [user(other) for other in one.recipients if other is not viewer]}


def _thread(one: Channel) -> Json:
    assert one.thread is not None and one.guild is not None
    last = max(one.messages, default=None)
    return {
        "id": str(one.id), "type": one.kind, "flags": 0, "last_message_id": str(last) if last else None,
        "guild_id": str(one.guild.id), "name": one.name, "parent_id": str(one.parent_id),
        "owner_id": str(one.thread.owner_id), "rate_limit_per_user": one.slowmode,
        "message_count": len(one.messages), "member_count": len(one.thread.members),
        "total_message_sent": len(one.messages),
        "thread_metadata": {
            "archived": one.thread.archived, "locked": one.thread.locked, "create_timestamp": iso(one.thread.created),
            "archive_timestamp": iso(one.thread.created), "auto_archive_duration": one.thread.auto_archive_minutes,
            "invitable": one.thread.invitable,
        },
    }  # fmt: skip


def thread_member(one: Channel, user_id: int) -> Json:
    assert one.thread is not None
    return {
        "id": str(one.id), "user_id": str(user_id), "join_timestamp": iso(one.thread.members[user_id]), "flags": 0,
    }  # fmt: skip


def guild(one: Guild) -> Json:
    return {
        "id": str(one.id), "name": one.name, "icon": None, "description": None, "home_header": None, "splash": None,
        "discovery_splash": None, "features": [], "banner": None, "owner_id": str(one.owner_id), "application_id": None,
        "region": "deprecated", "afk_channel_id": None, "afk_timeout": 300, "system_channel_id": None,
        "system_channel_flags": 0, "widget_enabled": False, "widget_channel_id": None, "verification_level": 0,
        "roles": [role(each) for each in one.roles.values()], "default_message_notifications": 0, "mfa_level": 0,
        "explicit_content_filter": 0, "max_presences": None, "max_members": 500000,
        "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": None, "premium_tier": 0,
        "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": None,
        "safety_alerts_channel_id": None, "public_updates_channel_id": None, "premium_progress_bar_enabled": False,
        "nsfw": False, "nsfw_level": 0, "emojis": [], "stickers": [], "incidents_data": None,
    }  # fmt: skip


def guild_create(one: Guild, viewer: User, now: float, *, everybody: bool) -> Json:
    """What a session learns of a guild at its start: all channels, as bots do, and the threads that it may see. Of the members only
    itself, unless it asked for presences; for the others it has to send op 8.
    """
    assert viewer.id in one.members
    seen = [each for each in one.channels.values() if each.kind in THREADS and in_channel(each, viewer, now)]
    return guild(one) | {
        "joined_at": iso(one.members[viewer.id].joined_at), "large": False, "unavailable": False,
        "member_count": len(one.members), "voice_states": [], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
        "members": [member(each) for each in one.members.values() if everybody or each.user is viewer],
        "channels": [channel(each) for each in one.plain_channels()],
        "threads": [channel(each) for each in seen if each.thread and not each.thread.archived],
    }  # fmt: skip


def message(one: Message, *, depth: int = 1) -> Json:
    shown: Json = {
        "id": str(one.id), "type": one.kind, "channel_id": str(one.channel.id), "author": _author(one),
        "content": one.content, "timestamp": iso(one.created), "tts": False, "flags": one.flags, "pinned": one.pinned,
        "edited_timestamp": iso(one.edited) if one.edited else None, "mention_everyone": one.mention_everyone,
        "mentions": [user(found) for found in _mentioned(one)],
        "mention_roles": [str(role_id) for role_id in one.mention_roles],
        "attachments": [each.payload() for each in one.attachments], "embeds": one.embeds, "components": one.components,
    }  # fmt: skip
    if one.nonce is not None:
        shown["nonce"] = one.nonce
    if one.application_id is not None:
        shown["application_id"] = str(one.application_id)
    if one.webhook_id is not None:
        shown["webhook_id"] = str(one.webhook_id)
    if one.interaction is not None:
        shown["interaction_metadata"] = one.interaction
    if one.thread is not None:
        shown["thread"] = channel(one.thread)
    if one.reactions:
        shown["reactions"] = [
            {"emoji": {"id": None, "name": emoji}, "count": len(who), "count_details": {"burst": 0, "normal": len(who)},
             "burst_colors": [], "me_burst": False, "me": False}
            for emoji, who in one.reactions.items()
        ]  # fmt: skip
    return shown | _reference(one, depth)


def _author(one: Message) -> Json:
    if one.webhook_name is None:
        return user(one.author)
    return user(one.author) | {"id": str(one.webhook_id), "username": one.webhook_name, "bot": True}


def _mentioned(one: Message) -> list[User]:
    guild_of = one.channel.guild
    people = {each.user.id: each.user for each in guild_of.members.values()} if guild_of else {}
    people |= {each.id: each for each in one.channel.recipients}
    return [people[user_id] for user_id in one.mentions if user_id in people]


def _reference(one: Message, depth: int) -> Json:
    if one.reply_to is None:
        return {}
    reference: Json = {"type": 0, "channel_id": str(one.channel.id), "message_id": str(one.reply_to)}
    if one.channel.guild is not None:
        reference["guild_id"] = str(one.channel.guild.id)
    told = one.channel.messages.get(one.reply_to)
    shown: Json = {"message_reference": reference}
    if depth and one.kind == REPLY:
        shown["referenced_message"] = message(told, depth=0) if told else None
    return shown


def application(one: Application, owner: User) -> Json:
    return {
        "id": str(one.id), "name": one.name, "icon": None, "description": "", "type": None, "verify_key": "0" * 64,
        "flags": application_flags(one), "flags_new": str(application_flags(one)), "redirect_uris": one.redirects,
        "interactions_endpoint_url": None, "role_connections_verification_url": None, "owner": user(owner),
        "approximate_guild_count": 1, "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0, "team": None, "eligible_oauth2_scopes": [], "bot": user(one.bot),
        "bot_public": True, "bot_require_code_grant": False,
    }  # fmt: skip


def application_flags(one: Application) -> int:
    """The privileged intents that are on, in the place where Discord tells them: the "limited" ones of an unverified application."""
    pairs = ((1 << 8, 1 << 13), (1 << 1, 1 << 15), (1 << 15, 1 << 19))
    return sum(flag for intent, flag in pairs if one.intents_allowed & intent)
