"""Guilds, members, roles, and who the asker is."""

from tests.fakes.discord import membership, payloads
from tests.fakes.discord.errors import unknown
from tests.fakes.discord.permissions import May, require_in_guild
from tests.fakes.discord.rest.wire import Ask, body_of, route
from tests.fakes.discord.state import Json


@route("GET", "/users/@me", "get_my_user")
def me(ask: Ask) -> Json:
    return payloads.own_user(ask.actor)


@route("GET", "/users/@me/guilds", "list_my_guilds")
def my_guilds(ask: Ask) -> list[Json]:
    mine = [one for one in ask.world.guilds.values() if ask.actor.id in one.members]
    return [
        {"id": str(one.id), "name": one.name, "icon": None, "banner": None, "owner": one.owner_id == ask.actor.id,
         "permissions": str(membership.holds(one, ask.actor)), "features": []}
        for one in mine
    ]  # fmt: skip


@route("DELETE", "/users/@me/guilds/{guild_id}", "leave_guild")
def leave(ask: Ask) -> None:
    membership.leave(ask.world, ask.guild, ask.actor)


@route("GET", "/users/{user_id}", "get_user")
def user(ask: Ask) -> Json:
    if (found := ask.world.users.get(ask.number("user_id"))) is None:
        raise unknown("User")
    return payloads.user(found)


@route("GET", "/applications/@me", "get_my_application")
def my_application(ask: Ask) -> Json:
    return payloads.application(ask.world.application, ask.world.portal_owner)


@route("GET", "/oauth2/applications/@me", "get_my_oauth2_application")
def my_oauth2_application(ask: Ask) -> Json:
    return payloads.application(ask.world.application, ask.world.portal_owner)


@route("GET", "/gateway/bot", "get_bot_gateway")
def gateway_bot(ask: Ask) -> Json:
    limit = {"total": 1000, "remaining": 1000 - ask.world.gateway.identified, "reset_after": 0, "max_concurrency": 1}
    return {"url": ask.world.gateway.url, "shards": 1, "session_start_limit": limit}


@route("GET", "/gateway", "get_gateway", open=True)
def gateway(ask: Ask) -> Json:
    return {"url": ask.world.gateway.url}


@route("GET", "/guilds/{guild_id}", "get_guild")
def guild(ask: Ask) -> Json:
    found = ask.guild
    return payloads.guild(found) | {
        "approximate_member_count": len(found.members), "approximate_presence_count": len(found.members),
    }  # fmt: skip


@route("GET", "/guilds/{guild_id}/members", "list_guild_members")
def members(ask: Ask) -> list[Json]:
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 1))
    found = [one for user_id, one in sorted(ask.guild.members.items()) if user_id > after]
    return [payloads.member(one) for one in found[:limit]]


@route("GET", "/guilds/{guild_id}/members/{user_id}", "get_guild_member")
def member(ask: Ask) -> Json:
    if (found := ask.guild.members.get(ask.number("user_id"))) is None:
        raise unknown("Member")
    return payloads.member(found)


@route("PATCH", "/guilds/{guild_id}/members/{user_id}", "update_guild_member")
def update_member(ask: Ask) -> Json:
    return payloads.member(membership.change(ask.world, ask.actor, ask.guild, ask.number("user_id"), body_of(ask)))


@route("DELETE", "/guilds/{guild_id}/members/{user_id}", "delete_guild_member")
def kick(ask: Ask) -> None:
    membership.kick(ask.world, ask.actor, ask.guild, ask.number("user_id"))


@route("PUT", "/guilds/{guild_id}/bans/{user_id}", "ban_user_from_guild")
def ban(ask: Ask) -> None:
    membership.ban(ask.world, ask.actor, ask.guild, ask.number("user_id"), "")


@route("DELETE", "/guilds/{guild_id}/bans/{user_id}", "unban_user_from_guild")
def unban(ask: Ask) -> None:
    require_in_guild(ask.guild, ask.actor, May.BAN_MEMBERS)
    if ask.guild.bans.pop(ask.number("user_id"), None) is None:
        raise unknown("Ban")


@route("GET", "/guilds/{guild_id}/roles", "list_guild_roles")
def roles(ask: Ask) -> list[Json]:
    return [payloads.role(one) for one in ask.guild.roles.values()]


@route("POST", "/guilds/{guild_id}/roles", "create_guild_role")
def create_role(ask: Ask) -> Json:
    return payloads.role(membership.create_role(ask.world, ask.actor, ask.guild, ask.body or {}))


@route("PUT", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}", "add_guild_member_role")
def give_role(ask: Ask) -> None:
    membership.give_role(ask.world, ask.actor, ask.guild, ask.number("user_id"), ask.number("role_id"), given=True)


@route("DELETE", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}", "delete_guild_member_role")
def take_role(ask: Ask) -> None:
    membership.give_role(ask.world, ask.actor, ask.guild, ask.number("user_id"), ask.number("role_id"), given=False)


@route("GET", "/guilds/{guild_id}/audit-logs", "list_guild_audit_log_entries")
def audit_logs(ask: Ask) -> Json:
    require_in_guild(ask.guild, ask.actor, May.VIEW_AUDIT_LOG)
    empty: Json = {name: [] for name in (
        "integrations", "webhooks", "guild_scheduled_events", "threads", "application_commands", "auto_moderation_rules",
    )}  # fmt: skip
    who = {entry["user_id"] for entry in ask.guild.audit}
    return empty | {
        "audit_log_entries": ask.guild.audit[::-1],
        "users": [payloads.user(ask.world.users[int(one)]) for one in sorted(who)],
    }
