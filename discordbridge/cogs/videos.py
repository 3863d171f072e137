"""``/video``: finds videos of the site, and shows one."""

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from discordbridge import mine, reports
from discordbridge.actions import videos
from discordbridge.bot import Bot
from discordbridge.mine import Use
from meatlizard.errors import AppError
from meatlizard.threads import in_database


class Videos(commands.GroupCog, group_name="video", group_description="Videos of the site"):
    @app_commands.command(description="Find videos on the site; the answer is for you alone")
    @app_commands.describe(words="What to look for")
    async def search(self, interaction: Use, words: app_commands.Range[str, 1, 200]) -> None:
        async def work() -> str:
            found = await in_database(videos.search, await mine.myself(interaction), words)
            lines = [f"- [{reports.plain(one.title)}](<{one.address}>) · {length(one.seconds)}" for one in found]
            return reports.whole(lines, gettext("No video has these words."))

        await mine.answered(interaction, work())

    @app_commands.command(description="Show a video of the site here")
    @app_commands.describe(video="Its address, or words to find it by")
    async def show(self, interaction: Use, video: app_commands.Range[str, 1, 300]) -> None:
        await interaction.response.defer()
        others = interaction.guild_id is not None
        try:
            user = await mine.myself(interaction)
            found = await in_database(lambda: videos.show(user, video, others_see_it=others))
        except AppError as error:
            await interaction.followup.send(error.message[:1_900])
            return
        await interaction.followup.send(embed=card(found), allowed_mentions=discord.AllowedMentions.none())


def card(found: videos.Shown) -> discord.Embed:
    embed = discord.Embed(title=reports.plain(found.title, 200)[:250] or gettext("Without a title"), url=found.address)
    embed.add_field(name=gettext("Length"), value=length(found.seconds))
    embed.add_field(name=gettext("Channel"), value=reports.plain(found.channel) or "—")
    if found.picture:
        embed.set_image(url=found.picture)
    return embed


def length(seconds: float | None) -> str:
    if seconds is None:
        return gettext("unknown")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


async def setup(bot: Bot) -> None:
    await bot.add_cog(Videos())
