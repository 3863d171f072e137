"""Brings what operators announce for Discord, too, to the channel that a server has set for it: each once, when its time has come."""

import logging

import discord
from discord.ext import commands

from discordbridge.access import announcement_channels
from discordbridge.bot import Bot
from discordbridge.looking import Looking
from discordbridge.trouble import NOT_TOLD
from meatlizard.control import announcing
from meatlizard.control.state import Notice
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class Announcements(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        Looking(self.bot, self.look, LOOK_SECONDS, "announcements")

    async def look(self) -> None:
        # From memory: as a rule there is nothing, and nothing is asked.
        if not any(one.discord for one in announcing.standing()):
            return
        for number in await in_database(announcement_channels):
            channel = self.bot.get_channel(number)
            if isinstance(channel, discord.TextChannel | discord.Thread):
                for notice in await in_database(announcing.untold, f"discord {number}"):
                    await self._tell(channel, notice)

    @staticmethod
    async def _tell(channel: discord.TextChannel | discord.Thread, notice: Notice) -> None:
        place = f"discord {channel.id}"
        if not await in_database(announcing.carry, notice.number, place):
            return
        try:
            await channel.send(notice.text, allowed_mentions=discord.AllowedMentions.none())
        except NOT_TOLD as error:
            log.warning("discord.not_announced", extra={"channel": channel.id, "error": type(error).__name__})
            await in_database(announcing.not_carried, notice.number, place)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Announcements(bot))
