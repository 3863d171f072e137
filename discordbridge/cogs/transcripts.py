"""Writes the transcript of each session that is over, and tells of it in the server's channel for that."""

import asyncio
import io
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
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""Without any news: what a bot that died left behind is found so."""


AGAIN_SECONDS = 900.0
"""Until one that could not be written is tried again."""


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
                await self._write(session)
            except Exception:
                # The others can do nothing about it; and it must not stand before them the next time.
                log.exception("transcripts.not_written", extra={"session": str(session)})
                self._later[session] = now + AGAIN_SECONDS
        for news in await in_database(transcripts.unposted):
            await self._tell(news)

    @staticmethod
    async def _write(session: UUID) -> None:
        written = await in_database(transcripts.draft, session)
        if written is None:
            return
        try:
            await in_thread(transcripts.store, written)
        except BaseException:
            await in_thread(transcripts.discard_files, written.row)
            raise
        await in_database(transcripts.keep, written)

    async def _tell(self, news: transcripts.News) -> None:
        if not await in_database(transcripts.posted, news.transcript):
            return
        link = f"<{settings.SITE_URL}{reverse('discord:transcript', args=[news.transcript])}>"
        await self._tell_member(news, link)
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

    async def _tell_member(self, news: transcripts.News, link: str) -> None:
        """By link, or with the page itself for who cannot sign in on the site. Some people take no direct messages."""
        if news.member is None:
            return
        try:
            user = self.bot.get_user(news.member) or await self.bot.fetch_user(news.member)
            if news.signs_in:
                await user.send(gettext("The transcript of your session: {link}").format(link=link), silent=True)
                return
            page = await in_thread(transcripts.page, news.page)
            if page is not None:
                file = discord.File(io.BytesIO(page), "transcript.html")
                await user.send(gettext("The transcript of your session."), file=file, silent=True)
        except discord.HTTPException as error:
            log.info("transcripts.member_not_told", extra={"status": error.status, "code": error.code})


async def setup(bot: Bot) -> None:
    await bot.add_cog(Transcripts(bot))
