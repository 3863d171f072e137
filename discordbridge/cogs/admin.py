"""``/admin`` of a server: questions, maintenance, sessions, settings, figures. What changes the whole site is in
:mod:`discordbridge.cogs.admin_site`.
"""

from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from discordbridge import closing, confirming, moving, reports
from discordbridge.access import live_sessions
from discordbridge.actions import administration
from discordbridge.administering import Used, Where, carried_out, giver, tell
from discordbridge.bot import Bot
from discordbridge.cogs.admin_site import SiteCommands
from discordbridge.metrics import figures, showing
from discordbridge.options import OPTIONS
from meatlizard.errors import Invalid
from meatlizard.ops import actions as site
from meatlizard.threads import in_database, in_thread


@app_commands.guild_only()
class Admin(SiteCommands, commands.GroupCog, group_name="admin", group_description="For administrators of this server"):
    config = app_commands.Group(name="config", description="Settings of this server")

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    # --- questions and maintenance ---

    @app_commands.command(description="Take questions again")
    @app_commands.describe(where="this server, or the whole site")
    async def enable(self, interaction: Used, where: Where = "here") -> None:
        by = await giver(interaction)
        if where == "site":
            await carried_out(by, site.take_questions, by.operator("ops.operate"), True)
            await tell(interaction, gettext("The site takes questions again."))
        else:
            await carried_out(by, administration.take_questions, by, True)
            await tell(interaction, gettext("Questions are taken here again."))

    @app_commands.command(description="Take no questions")
    @app_commands.describe(where="this server, or the whole site", reason="members read it")
    async def disable(
        self, interaction: Used, where: Where = "here", reason: app_commands.Range[str, 0, 300] = ""
    ) -> None:
        by = await giver(interaction)
        if where == "site":
            by.operator("ops.operate")
            question = gettext("Take no questions on the whole site, on the web and on Discord?")
        else:
            question = gettext("Take no questions in this server?")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            if where == "site":
                await carried_out(now, site.take_questions, now.operator("ops.operate"), False, reason)
                return gettext("The site takes no questions. /admin enable where:site undoes it.")
            await carried_out(now, administration.take_questions, now, False, reason)
            return gettext("No questions are taken here. /admin enable undoes it.")

        await confirming.ask(interaction, question, gettext("Take no questions"), go)

    @app_commands.command(description="Maintenance: off, soft, read-only (of the whole site) or hard")
    @app_commands.describe(level="how far", where="this server, or the whole site", reason="members read it")
    async def maintenance(
        self,
        interaction: Used,
        level: Literal["off", "soft", "read-only", "hard"],
        where: Where = "here",
        reason: app_commands.Range[str, 0, 300] = "",
    ) -> None:
        by = await giver(interaction)
        if where == "site":
            by.operator("ops.operate")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            if where == "site":
                wanted = level.replace("read-only", "read")
                await carried_out(now, site.maintain, now.operator("ops.operate"), wanted, reason)
            else:
                await carried_out(now, administration.maintain, now, level, reason)
            return gettext("Maintenance is {level} now.").format(level=level)

        if level == "off":
            await tell(interaction, await go(interaction))
            return
        await confirming.ask(interaction, _effect(level, where), gettext("Begin"), go)

    # --- sessions ---

    @app_commands.command(description="Sessions that are open in this server")
    async def sessions(self, interaction: Used) -> None:
        by = await giver(interaction)
        await tell(interaction, await in_database(reports.sessions, by))

    @app_commands.command(description="Close a session: its channel goes, its transcript stays")
    @app_commands.describe(session="its id, or its channel")
    async def close(self, interaction: Used, session: str) -> None:
        by = await giver(interaction)
        row = await in_database(administration.session_here, by, session)

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            if not await closing.close(self.bot, row.pk, "administrator"):
                return gettext("It was closed already, or is being closed.")
            await carried_out(now, administration.record, now, "close session", f"session {row.pk}")
            return gettext("The session is closed.")

        question = gettext("Close the session of {member} in {place}?").format(**_names(row))
        await confirming.ask(interaction, question, gettext("Close it"), go)

    @app_commands.command(description="Give a session and its conversation to somebody else")
    @app_commands.describe(session="its id, or its channel", user="who gets it")
    async def transfer(self, interaction: Used, session: str, user: discord.Member) -> None:
        by = await giver(interaction)
        by.operator("chat.change_conversation")
        row = await in_database(administration.session_here, by, session)

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            now.operator("chat.change_conversation")
            await moving.transfer(self.bot, now, row.pk, user)
            return gettext("The session belongs to {member} now.").format(member=user.mention)

        names = _names(row)
        question = gettext(
            "Give the session of {member} in {place}, with all that was said in it, to {to}? {member} loses it."
        ).format(**names, to=user.mention)
        await confirming.ask(interaction, question, gettext("Transfer it"), go)

    @close.autocomplete("session")
    @transfer.autocomplete("session")
    async def _sessions(self, interaction: Used, current: str) -> list[app_commands.Choice[str]]:
        by = await giver(interaction)
        rows = [row for row in await in_database(live_sessions) if row.guild_id == by.guild.pk]
        found = []
        for row in rows:
            place = self.bot.get_channel(row.place or 0)
            name = f"{getattr(place, 'name', '')} · {row.get_kind_display()} · {row.pk}"[:100]
            if current.lower() in name.lower():
                found.append(app_commands.Choice(name=name, value=str(row.pk)))
        return found[:25]

    # --- settings and figures ---

    @config.command(name="get", description="How this server is set up")
    @app_commands.describe(name="a setting; none for all")
    async def config_get(self, interaction: Used, name: str = "") -> None:
        by = await giver(interaction)
        await tell(interaction, await in_database(reports.config, by, name))

    @config.command(name="set", description="Change a setting of this server")
    @app_commands.describe(name="the setting", value="mentions or numbers with blanks between; none for nothing")
    async def config_set(self, interaction: Used, name: str, value: app_commands.Range[str, 0, 1500]) -> None:
        by = await giver(interaction)
        now = await carried_out(by, administration.set_option, by, name, value)
        await tell(interaction, f"`{name}` = `{now}`")
        self.bot.dispatch("guild_configured", by.guild.pk)

    @config_get.autocomplete("name")
    @config_set.autocomplete("name")
    async def _options(self, interaction: Used, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=name, value=name) for name in OPTIONS if current.lower() in name]

    @app_commands.command(description="What was done lately, and by whom")
    async def audit(self, interaction: Used) -> None:
        by = await giver(interaction)
        await tell(interaction, await in_database(reports.audit, by))

    @app_commands.command(description="Figures of the site, and what is remembered of this server")
    async def metrics(self, interaction: Used) -> None:
        by = await giver(interaction)
        await interaction.response.defer(ephemeral=True)
        now = await in_database(figures.collect)
        card = showing.embed(now)
        card.add_field(name=gettext("Remembered"), value=await in_database(reports.remembered, by), inline=False)
        await interaction.followup.send(embed=card, file=await in_thread(showing.picture, now), ephemeral=True)

    @app_commands.command(description="What waits, and how long an answer takes")
    async def queue(self, interaction: Used) -> None:
        by = await giver(interaction)
        text = await in_database(reports.queue)
        await tell(interaction, f"{text}\n{await in_database(reports.standing, by)}")


def _effect(level: str, where: Where) -> str:
    place = gettext("the whole site") if where == "site" else gettext("this server")
    said = {
        ("soft", "here"): gettext("No new questions are taken; what was asked is answered."),
        ("hard", "here"): gettext("No new questions are taken, and answers under way are stopped."),
        ("soft", "site"): gettext("Questions are taken and wait; what is being answered ends."),
        ("read-only", "site"): gettext(
            "Everything can be read, and nothing can be changed; what waits goes on waiting."
        ),
        ("hard", "site"): gettext(
            "Nobody but operators gets in, on the web or on Discord; what waits goes on waiting."
        ),
    }.get((level, where))
    if said is None:
        raise Invalid(gettext("Only the whole site can be read-only. Choose where:site."), code="only_the_site")
    return gettext("Begin maintenance of {place}? {effect}").format(place=place, effect=said)


def _names(row: Any) -> dict[str, str]:
    nobody = gettext("nobody")
    return {
        "member": f"<@{row.member}>" if row.member else nobody,
        "place": f"<#{row.place}>" if row.place else str(row.pk),
    }


async def setup(bot: Bot) -> None:
    bot.add_dynamic_items(confirming.Choice)
    await bot.add_cog(Admin(bot))
