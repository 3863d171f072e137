"""``/chat``: a conversation of one's own."""

import asyncio
from typing import cast

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from chat.notifier import notifier
from discordbridge import opening
from discordbridge.access import person_of
from discordbridge.actions import beginning
from discordbridge.bot import Bot
from meatlizard.threads import in_database

READY_SECONDS = 60.0
"""How long somebody who asks right after the bot's start waits for it to be ready."""

Choices = list[app_commands.Choice[str]]


class Chat(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description="Begin a conversation with a model")
    @app_commands.guild_only()
    @app_commands.describe(
        persona="Who answers", model="Which model answers", private="Only you and administrators see it (the usual)"
    )
    async def chat(
        self, interaction: discord.Interaction[Bot], persona: str = "", model: str = "", private: bool = True
    ) -> None:
        # Discord waits three seconds; making a channel may take longer.
        await interaction.response.defer(ephemeral=True)
        async with asyncio.timeout(READY_SECONDS):
            # Until then the server may be unknown, and a session that is being made looks like one that was cut off.
            await self.bot.reconciled.wait()
        member = cast(discord.Member, interaction.user)
        assert interaction.guild is not None
        home = cast("discord.abc.MessageableChannel | None", interaction.channel)
        if private:
            session = await opening.private(
                self.bot, interaction.guild, member, interaction.id, home, model=model, persona=persona
            )
            await interaction.followup.send(
                gettext(
                    "Your conversation is in {place}. Nobody but you and administrators sees it. Just write there."
                ).format(place=f"<#{session.place}>"),
                ephemeral=True,
            )
            return
        session = await opening.open_thread(self.bot, member, interaction.id, home, model=model, persona=persona)
        await interaction.followup.send(
            gettext("Your conversation is in {place}. Everybody here can read it.").format(place=f"<#{session.place}>"),
            ephemeral=True,
        )

    @chat.autocomplete("persona")
    async def _personas(self, interaction: discord.Interaction[Bot], typed: str) -> Choices:
        return await personas_named(interaction, typed)

    @chat.autocomplete("model")
    async def _models(self, interaction: discord.Interaction[Bot], typed: str) -> Choices:
        return await models_named(typed)


async def personas_named(interaction: discord.Interaction[Bot], typed: str) -> Choices:
    """Those that somebody may speak with, as far as Discord shows them."""
    viewer = await in_database(person_of, interaction.user.id)
    found = await in_database(beginning.personas, viewer, typed)
    return [app_commands.Choice(name=name, value=key) for key, name in found]


async def models_named(typed: str) -> Choices:
    """Those that machines offer to everybody now."""
    offers = (await notifier.fresh()).offers_for(None)
    names = [one[:100] for one in sorted(offers) if typed.lower() in one.lower()]
    return [app_commands.Choice(name=one, value=one) for one in names[: beginning.SUGGESTED]]


async def setup(bot: Bot) -> None:
    await bot.add_cog(Chat(bot))
