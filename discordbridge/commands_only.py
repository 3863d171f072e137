"""The bot's commands without the bot's work: to tell Discord of them, and to see whether it knows them."""

from typing import Any

from discord.ext import commands

from discordbridge.bot import Bot
from discordbridge.cogs import COGS


class CommandsOnly(Bot):
    """Has all commands in its tree. Its cogs hear of nothing and begin nothing, and it tells Discord of no command by itself."""

    async def setup_hook(self) -> None:
        for name in COGS:
            await self.load_extension(name)

    async def add_cog(self, cog: commands.Cog, /, **_: Any) -> None:
        group = cog.__cog_app_commands_group__
        for command in [group] if group else cog.get_app_commands():
            self.tree.add_command(command)
