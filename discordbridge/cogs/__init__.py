"""What the bot does, one module a concern. A new one is named here and has ``async def setup(bot: Bot) -> None``, as discord.py's
extensions do; what a cog does with the database goes through actions, in :func:`meatlizard.threads.in_database`.
"""

COGS: tuple[str, ...] = (
    "discordbridge.cogs.guilds",
    "discordbridge.cogs.messages",
    "discordbridge.cogs.chat",
    "discordbridge.cogs.upkeep",
    "discordbridge.cogs.admin",
    "discordbridge.cogs.metrics",
    "discordbridge.cogs.transcripts",
    "discordbridge.cogs.announcements",
    "discordbridge.cogs.memory",
    "discordbridge.cogs.mirror",
    "discordbridge.cogs.session",
    "discordbridge.cogs.member",
    "discordbridge.cogs.uploads",
    "discordbridge.cogs.videos",
    "discordbridge.cogs.menus",
)
