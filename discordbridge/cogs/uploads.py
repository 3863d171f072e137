"""``/upload``: a file into one's library on the site."""

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from discordbridge import mine, reports, uploading
from discordbridge.bot import Bot
from discordbridge.mine import Use


class Uploads(commands.Cog):
    @app_commands.command(description="Store a file in your files on the site")
    @app_commands.describe(file="What to store", name="Another name for it")
    async def upload(
        self, interaction: Use, file: discord.Attachment, name: app_commands.Range[str, 0, 200] = ""
    ) -> None:
        async def work() -> str:
            called, address = await uploading.stored(await mine.myself(interaction), file, name)
            return gettext("{name} is in your files: {address}").format(
                name=reports.plain(called), address=f"<{address}>"
            )

        await mine.answered(interaction, work())


async def setup(bot: Bot) -> None:
    await bot.add_cog(Uploads())
