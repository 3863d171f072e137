"""What the bot finds at Discord against what it needs there: intents, permissions, channels, commands; and what it may make itself."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Literal

import discord
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discordbridge import permissions
from discordbridge.actions import guilds
from discordbridge.models import Guild
from meatlizard.threads import in_database

Kind = Literal["good", "made", "advice", "missing"]

PORTAL = "https://discord.com/developers/applications"
CHANNELS = (("metrics_channel", "ai-metrics"), ("transcripts_channel", "ai-transcripts"))
FOR_WHAT = {
    "create_public_threads": _("to answer mentions in a thread of their own"),
    "create_private_threads": _("to open private threads where no channel can be made"),
    "manage_threads": _("to close threads"),
    "manage_roles": _("to hand a private channel to somebody else"),
}
"""Beside what :mod:`discordbridge.permissions` gives in channels, which the bot has to hold itself before it can give it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``good``: as it should be. ``made``: put right just now. ``advice``: it works without. ``missing``: somebody has to do something."""

    kind: Kind
    text: str


def wanted() -> discord.Permissions:
    """The least that lets the bot do all it can."""
    names = {*permissions.BOT, *permissions.MEMBER, *permissions.OVERSEER, *FOR_WHAT}
    return discord.Permissions(**dict.fromkeys(names, True))


def invitation(application: int) -> str:
    """The address at which somebody who manages a server invites the bot."""
    return discord.utils.oauth_url(application, permissions=wanted(), scopes=("bot", "applications.commands"))


async def findings(client: discord.Client, commands: Iterable[str], *, make: bool) -> AsyncIterator[Finding]:
    """All of them, server by server. ``client`` is connected and sees its guilds; ``commands`` are names of those the bot has now."""
    application = await client.application_info()
    for finding in _of_application(application):
        yield finding
    async for finding in _of_commands(client, application.id, set(commands)):
        yield finding
    if not client.guilds:
        yield Finding("missing", gettext("The bot is in no server yet. Open the address below and invite it."))
    for guild in client.guilds:
        async for finding in _of_guild(guild, make=make):
            yield finding


def _of_application(application: discord.AppInfo) -> list[Finding]:
    flags, page = application.flags, f"{PORTAL}/{application.id}/bot"
    found = []
    for held, name in (
        (flags.gateway_guild_members or flags.gateway_guild_members_limited, "Server Members Intent"),
        (flags.gateway_message_content or flags.gateway_message_content_limited, "Message Content Intent"),
    ):
        if held:
            found.append(Finding("good", gettext("{intent} is on.").format(intent=name)))
        else:
            text = gettext("{intent} is off. Switch it on at {page}; the bot cannot start without it.")
            found.append(Finding("missing", text.format(intent=name, page=page)))
    if application.bot_require_code_grant:
        text = gettext("Invitations ask for a code that nobody has. Switch off 'Requires OAuth2 Code Grant' at {page}.")
        found.append(Finding("missing", text.format(page=page)))
    if application.bot_public:
        text = gettext(
            "Anybody who knows the address may invite the bot. If that is not meant, switch off 'Public Bot' at {page}."
        )
        found.append(Finding("advice", text.format(page=page)))
    return found


async def _of_commands(client: discord.Client, application: int, wanted_names: set[str]) -> AsyncIterator[Finding]:
    known = {one["name"] for one in await client.http.get_global_commands(application)}
    if missing := sorted(wanted_names - known):
        text = gettext(
            "Discord does not know these commands yet: {names}. Start the bot, or run manage.py discord_sync."
        )
        yield Finding("missing", text.format(names=", ".join(missing)))
    if strange := sorted(known - wanted_names):
        text = gettext("Discord still offers commands that the bot has no more: {names}. Run manage.py discord_sync.")
        yield Finding("missing", text.format(names=", ".join(strange)))
    if known == wanted_names:
        yield Finding("good", gettext("Discord knows all {count} commands.").format(count=len(known)))


async def _of_guild(guild: discord.Guild, *, make: bool) -> AsyncIterator[Finding]:
    row = await in_database(guilds.seen, guild.id, guild.name)
    for finding in _of_permissions(guild):
        yield finding
    for role in row.admin_roles:
        if guild.get_role(role) is None:
            text = gettext(
                "{server}: the role {role} of administrators is gone. Set admin-roles anew with /admin config set."
            )
            yield Finding("advice", text.format(server=guild.name, role=role))
    async for finding in _of_channels(guild, row, make=make):
        yield finding


def _of_permissions(guild: discord.Guild) -> list[Finding]:
    held = guild.me.guild_permissions
    if held.administrator:
        text = gettext("{server}: the bot is an administrator there. It works; the invitation below asks for less.")
        return [Finding("advice", text.format(server=guild.name))]
    lacking = [name for name, on in wanted() if on and not getattr(held, name)]
    if not lacking:
        return [Finding("good", gettext("{server}: all permissions are there.").format(server=guild.name))]
    found = []
    for name in lacking:
        use = FOR_WHAT.get(name) or gettext("for private channels")
        spoken = name.replace("_", " ")
        text = gettext("{server}: the bot's role lacks '{permission}' ({use}).")
        kind: Kind = "missing" if name in permissions.NEEDED else "advice"
        found.append(Finding(kind, text.format(server=guild.name, permission=spoken, use=use)))
    return found


async def _of_channels(guild: discord.Guild, row: Guild, *, make: bool) -> AsyncIterator[Finding]:
    for column, name in CHANNELS:
        set_to = getattr(row, column)
        channel = guild.get_channel(set_to) if set_to else None
        if isinstance(channel, discord.TextChannel):
            yield _of_channel(guild, channel)
        elif not make:
            yield Finding(
                "advice", gettext("{server}: there is no #{channel}.").format(server=guild.name, channel=name)
            )
        elif permissions.missing(guild):
            text = gettext("{server}: #{channel} cannot be made before the permissions above are there.")
            yield Finding("advice", text.format(server=guild.name, channel=name))
        else:
            yield await _make(guild, row, column, name)


def _of_channel(guild: discord.Guild, channel: discord.TextChannel) -> Finding:
    held = channel.permissions_for(guild.me)
    if held.view_channel and held.send_messages and held.embed_links and held.attach_files:
        return Finding(
            "good", gettext("{server}: #{channel} is there.").format(server=guild.name, channel=channel.name)
        )
    text = gettext("{server}: the bot may not see #{channel}, or not post, embed and attach there.")
    return Finding("missing", text.format(server=guild.name, channel=channel.name))


async def _make(guild: discord.Guild, row: Guild, column: str, name: str) -> Finding:
    """Visible for the bot and the roles of administrators alone."""
    try:
        channel = await guild.create_text_channel(name, overwrites=permissions.private(guild, None, row.admin_roles))
    except discord.HTTPException as error:
        text = gettext("{server}: Discord refuses to make #{channel} ({reason}).")
        return Finding("missing", text.format(server=guild.name, channel=name, reason=error.text or error.status))
    await in_database(guilds.configure, guild.id, **{column: channel.id})
    return Finding("made", gettext("{server}: #{channel} was made.").format(server=guild.name, channel=name))
