"""Commands of members about themselves, wherever they are: help, budget, history, the tie to a web account, privacy."""

import io
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from discordbridge import closing, confirming, mine, reports
from discordbridge.actions import codes, members
from discordbridge.bot import Bot
from discordbridge.mine import Use
from meatlizard.accounts.models import User
from meatlizard.languages import number
from meatlizard.threads import in_database


class Member(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(name="help", description="What this bot does, and its commands")
    async def helps(self, interaction: Use) -> None:
        about = gettext(
            "Write to me in a private channel (/chat), in direct messages, or mention me in a channel; reply to a message and mention me to ask about it."
        )
        known = sorted(self.bot.tree.get_commands(), key=lambda one: one.name)
        named = [f"**/{one.name}** · {one.description}" for one in known if isinstance(one, app_commands.Command)]
        text = "\n".join((about, "", *named))
        await interaction.response.send_message(text[:1_900], ephemeral=True)

    @app_commands.command(description="How many tokens of this week are left")
    async def budget(self, interaction: Use) -> None:
        async def work() -> str:
            week = await in_database(members.budget, await mine.myself(interaction))
            if not week.counted or week.limit is None or week.resets is None:
                return gettext("Your tokens are not limited.")
            left = max(0, week.limit - (week.used or 0) - (week.reserved or 0))
            return gettext("{left} of {limit} tokens of this week are left. The next week begins {when}.").format(
                left=number(left), limit=number(week.limit), when=discord.utils.format_dt(week.resets, "R")
            )

        await mine.answered(interaction, work())

    @app_commands.command(description="Your latest conversations")
    async def history(self, interaction: Use) -> None:
        async def work() -> str:
            rows = await in_database(members.latest, await mine.myself(interaction))
            if not rows:
                return gettext("There are no conversations yet. /chat begins one.")
            lines = []
            for row, address in rows:
                title = reports.plain(row.title) or gettext("Without a title")
                named = f"[{title}](<{address}>)" if address else title
                lines.append(f"- {named} · {discord.utils.format_dt(row.updated, 'R')}")
            if not rows[0][1]:
                lines.append(gettext("/link ties this account to one on the site, where they can be opened."))
            return "\n".join(lines)

        await mine.answered(interaction, work())

    @app_commands.command(description="Tie this Discord account to your account on the site")
    @app_commands.describe(code="From the site's page; without one you get a code to enter there")
    async def link(self, interaction: Use, code: app_commands.Range[str, 0, 40] = "") -> None:
        if code:
            await interaction.response.defer(ephemeral=True)
            await self._enter(interaction, code)
            return

        async def work() -> str:
            user, name = interaction.user, interaction.user.display_name
            made = await in_database(codes.for_discord, user.id, name)
            return gettext(
                "Sign in on the site and enter this code within ten minutes at {page}: {code}\nWhoever has it can tie your Discord account to theirs: show it to nobody."
            ).format(page=f"<{settings.SITE_URL}{reverse('discord:link')}>", code=f"`{made}`")

        await mine.answered(interaction, work())

    @staticmethod
    async def _enter(interaction: Use, code: str) -> None:
        """Asked first: somebody may have talked them into entering a code of theirs."""
        whose = await in_database(codes.whose_at_discord, interaction.user.id, code)

        async def go(pressed: Use) -> str:
            account = await in_database(codes.enter_at_discord, pressed.user.id, pressed.user.display_name, code)
            return gettext("This Discord account is {name}'s on the site from now on.").format(
                name=reports.plain(account.user.username)
            )

        question = gettext(
            "This code is of the account {name} on the site. Is that you? Whoever signs in there reads all that you have said to me and will say."
        ).format(name=f"**{reports.plain(whose)}**")
        await confirming.ask(interaction, question, gettext("Yes, that is me"), go)

    @app_commands.command(description="What the site keeps of you; all of it as a file; or none of it any more")
    @app_commands.describe(do="show, export everything, or anonymise: remove what says who you are")
    async def privacy(self, interaction: Use, do: Literal["show", "export", "anonymise"] = "show") -> None:
        await interaction.response.defer(ephemeral=True)
        user = await mine.myself(interaction)
        if do == "export":
            data = await in_database(members.everything, user)
            file = discord.File(io.BytesIO(data), "conversations.zip")
            await interaction.followup.send(gettext("All your conversations."), file=file, ephemeral=True)
        elif do == "anonymise":
            await self._anonymise(interaction, user)
        else:
            await interaction.followup.send(await self._kept(user), ephemeral=True)

    async def _kept(self, user: User) -> str:
        linked = await in_database(members.is_linked, user)
        lines = [
            gettext("The site keeps your conversations with me, the files you gave me, and how many tokens you used."),
            gettext("It knows your Discord id and name. Discord itself keeps what is written there by its own rules."),
            gettext("This account is tied to {name} on the site.").format(name=reports.plain(user.username))
            if linked
            else gettext("This account exists on the site for Discord alone; nobody can sign in to it."),
            gettext(
                "/privacy do:export gives you all of it, /privacy do:anonymise removes it, and /forget what was remembered in channels."
            ),
        ]
        return "\n".join(lines)

    async def _anonymise(self, interaction: Use, user: User) -> None:
        if await in_database(members.is_linked, user):
            question = gettext(
                "Remove the tie between this Discord account and {name}, close your sessions here, and forget what was remembered of you? Your conversations stay yours on the site, where you can delete them."
            ).format(name=reports.plain(user.username))
        else:
            question = gettext(
                "Delete your conversations, files and everything that says who you are from the site? This cannot be undone."
            )

        async def go(pressed: Use) -> str:
            now = await mine.myself(pressed)
            await in_database(members.may_anonymise, now)
            for session in await in_database(members.open_sessions, now):
                await closing.close(self.bot, session, "asked")
            await in_database(members.anonymise, now)
            return gettext("Done. Nothing on the site says any more that it was you.")

        await confirming.ask(interaction, question, gettext("Yes, do it"), go)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Member(bot))
