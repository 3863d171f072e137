"""The mirrors of web sessions, and what administrators write in them."""

import asyncio
from weakref import WeakValueDictionary

import discord
from discord.ext import commands
from django.utils.translation import gettext

from discordbridge import overseer
from discordbridge.actions import seen
from discordbridge.addressing import written_by_a_person
from discordbridge.asking import say
from discordbridge.bot import Bot
from discordbridge.mirroring import Mirror
from discordbridge.models import SeenMessage
from discordbridge.registry import Live
from meatlizard.errors import AppError
from meatlizard.threads import in_database


class Mirrors(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        # One after the other in each: what was written first is to be read first.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def cog_load(self) -> None:
        self.bot.add_dynamic_items(overseer.OverseerButton)
        self.bot.keep(Mirror(self.bot).run(), "mirror")

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        live = self.bot.registry.at(message.channel.id)
        if live is not None and live.mirrors and written_by_a_person(message):
            turn = self._turns.setdefault(live.place, asyncio.Lock())
            async with turn:
                await self._step_in(live, message)

    @commands.Cog.listener()
    async def on_message_missed(self, message: discord.Message) -> None:
        """Written while the bot was away."""
        await self.on_message(message)

    @commands.Cog.listener()
    async def on_message_cut_off(self, message: discord.Message) -> None:
        """The bot died over it, and it may stand on the web already: twice would be worse."""
        await in_database(seen.settle, message.id, SeenMessage.Fate.REFUSED)
        await say(
            message,
            gettext(
                "I was cut off while I brought this to the web. Look whether it is there, and write it again if not."
            ),
        )

    async def _step_in(self, live: Live, message: discord.Message) -> None:
        if not await in_database(seen.first_sight, message.id, message.channel.id):
            return
        fate = SeenMessage.Fate.PASSED
        try:
            await overseer.step_in(live, message)
        except AppError as error:
            fate = SeenMessage.Fate.REFUSED
            await say(message, error.message)
        await in_database(seen.settle, message.id, fate)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Mirrors(bot))
