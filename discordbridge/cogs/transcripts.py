"""Has the transcript of each session that is over written, and tells of it in the server's channel for that."""

import asyncio
import logging
from uuid import UUID

import discord
from discord.ext import commands
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from discordbridge.actions import transcripts
from discordbridge.bot import Bot
from discordbridge.looking import Looking
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""Without any news: what a bot that died left behind is found so."""


AGAIN_SECONDS = 900.0
"""Until one that could not be asked for is tried again."""

SOON_SECONDS = 2.0
"""Until the next look while one is being written."""


class Transcripts(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._looking: Looking | None = None
        self._later: dict[UUID, float] = {}

    async def cog_load(self) -> None:
        self._looking = Looking(self.bot, self.look, LOOK_SECONDS, "transcripts")

    @commands.Cog.listener()
    async def on_session_closed(self, row: object) -> None:
        if self._looking is not None:
            self._looking.hint()

    async def look(self) -> None:
        now = asyncio.get_running_loop().time()
        self._later = {session: then for session, then in self._later.items() if then > now}
        for session in await in_database(transcripts.waiting, tuple(self._later)):
            try:
                await in_database(transcripts.ask_for, session)
            except Exception:
                # The others can do nothing about it; and it must not stand before them the next time.
                log.exception("transcripts.not_asked_for", extra={"session": str(session)})
                self._later[session] = now + AGAIN_SECONDS
        ready, more = await in_database(transcripts.unposted)
        for news in ready:
            await self._tell(news)
        if more and self._looking is not None:
            asyncio.get_running_loop().call_later(SOON_SECONDS, self._looking.hint)

    async def _tell(self, news: transcripts.News) -> None:
        if not await in_database(transcripts.posted, news.transcript):
            return
        await self._tell_member(news)
        link = f"<{settings.SITE_URL}{reverse('discord:transcript', args=[news.transcript])}>"
        channel = self.bot.get_channel(news.channel or 0)
        if not isinstance(channel, discord.TextChannel | discord.Thread):
            return
        member = f"<@{news.member}>" if news.member else gettext("somebody who has left")
        said = gettext("Session of {member} closed ({reason}): {messages} messages. {link}").format(
            member=member, reason=news.reason.replace("_", " ") or "—", messages=news.messages, link=link
        )
        try:
            await channel.send(said, allowed_mentions=discord.AllowedMentions.none(), silent=True)
        except discord.HTTPException as error:
            log.warning("transcripts.not_told", extra={"status": error.status, "code": error.code})

    async def _tell_member(self, news: transcripts.News) -> None:
        """By a link that works for a day, without signing in: who is here for Discord alone could not. Some people take no direct
        messages."""
        link = await in_database(transcripts.link_for_member, news.transcript) if news.member is not None else ""
        if news.member is None or not link:
            return
        try:
            user = self.bot.get_user(news.member) or await self.bot.fetch_user(news.member)
            words = gettext(
                "The transcript of your session, for 24 hours; give this link to nobody who is not to read it: {link}"
            )
            await user.send(words.format(link=f"<{link}>"), silent=True)
        except discord.HTTPException as error:
            log.info("transcripts.member_not_told", extra={"status": error.status, "code": error.code})


async def setup(bot: Bot) -> None:
    await bot.add_cog(Transcripts(bot))
