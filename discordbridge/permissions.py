"""Who may do what in a private channel. Given in the call that makes it: a channel that is locked afterwards was open before."""

from collections.abc import Iterable

import discord

MEMBER = (
    "view_channel", "send_messages", "send_messages_in_threads", "read_message_history", "attach_files", "embed_links",
    "add_reactions", "use_application_commands", "use_external_emojis",
)  # fmt: skip
OVERSEER = ("view_channel", "send_messages", "send_messages_in_threads", "read_message_history", "attach_files")
BOT = (
    "view_channel", "send_messages", "send_messages_in_threads", "read_message_history", "attach_files", "embed_links",
    "add_reactions", "manage_messages", "manage_channels",
)  # fmt: skip

NEEDED = ("view_channel", "send_messages", "read_message_history", "manage_channels")
"""Without these the bot can open no private channel that it could then use."""

Overwrites = dict[discord.Role | discord.Member | discord.Object, discord.PermissionOverwrite]


def private(guild: discord.Guild, member: discord.Member | None, admin_roles: Iterable[int]) -> Overwrites:
    """For ``member`` (None: a channel of administrators alone), the bot, and the roles of administrators that still exist."""
    mine = guild.me.guild_permissions
    # Nobody can grant what they do not hold: Discord would refuse the whole call.
    overwrites: Overwrites = {
        guild.default_role: discord.PermissionOverwrite(view_channel=False),
        guild.me: _allowing(BOT, mine),
    }
    for key in admin_roles:
        role = guild.get_role(key)
        if role is not None and not role.is_default():
            overwrites[role] = _allowing(OVERSEER, mine)
    if member is not None:
        overwrites[member] = _allowing(MEMBER, mine)
    return overwrites


def _allowing(names: Iterable[str], held: discord.Permissions) -> discord.PermissionOverwrite:
    return discord.PermissionOverwrite(**{name: True for name in names if held.administrator or getattr(held, name)})


def missing(guild: discord.Guild) -> list[str]:
    """What the bot lacks for private channels, as Discord calls it on its pages."""
    held = guild.me.guild_permissions
    return [] if held.administrator else [name for name in NEEDED if not getattr(held, name)]


def is_private(channel: discord.TextChannel, wanted: Overwrites) -> bool:
    """Whether Discord has made it as asked: hidden from everybody, and shown to nobody else."""
    if channel.overwrites_for(channel.guild.default_role).view_channel is not False:
        return False
    keys = {target.id for target in wanted}
    return all(
        target.id in keys for target, overwrite in channel.overwrites.items() if overwrite.view_channel is not False
    )
