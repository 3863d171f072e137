"""The part of ``/admin`` that changes or shows the whole site: clients, budgets, bans, announcements."""

import logging
from typing import cast

import discord
from discord import app_commands
from discord.ext import commands
from django.conf import settings
from django.utils.translation import gettext

from chat import node_orders
from discordbridge import backing_up, confirming, reports
from discordbridge.actions import administration
from discordbridge.administering import Used, Where, carried_out, giver, tell
from meatlizard.control import announcing
from meatlizard.languages import number
from meatlizard.ops.backups import actions as backups
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


class SiteCommands(commands.Cog):
    """Mixed into the cog of ``/admin``."""

    clients = app_commands.Group(name="clients", description="Inference clients")
    budget = app_commands.Group(name="budget", description="Tokens of a member's week")

    # --- inference clients ---

    @clients.command(name="list", description="Who is there, and what they do")
    async def clients_list(self, interaction: Used) -> None:
        by = await giver(interaction)
        by.operator("chat.view_node")
        await tell(interaction, await in_database(reports.clients))

    @clients.command(name="drain", description="Have a client finish what it writes, and end")
    @app_commands.describe(client="its name")
    async def clients_drain(self, interaction: Used, client: str) -> None:
        by = await giver(interaction)
        by.operator("chat.change_node")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            return await carried_out(now, administration.order_client, now, client, "drain")

        question = gettext("Drain {name}? It finishes what it writes and ends; somebody has to start it again there.")
        await confirming.ask(interaction, question.format(name=reports.plain(client)), gettext("Drain it"), go)

    @clients.command(name="pause", description="Have a client finish what it writes, and give it nothing new")
    @app_commands.describe(client="its name")
    async def clients_pause(self, interaction: Used, client: str) -> None:
        by = await giver(interaction)
        await tell(interaction, await carried_out(by, administration.order_client, by, client, "pause"))

    @clients.command(name="resume", description="End a pause of a client")
    @app_commands.describe(client="its name")
    async def clients_resume(self, interaction: Used, client: str) -> None:
        by = await giver(interaction)
        await tell(interaction, await carried_out(by, administration.order_client, by, client, "resume"))

    @clients_drain.autocomplete("client")
    @clients_pause.autocomplete("client")
    @clients_resume.autocomplete("client")
    async def _clients(self, interaction: Used, current: str) -> list[app_commands.Choice[str]]:
        by = await giver(interaction)
        if not by.may("chat.change_node"):
            return []
        names = await in_database(node_orders.names)
        return [app_commands.Choice(name=name, value=name) for name in names if current.lower() in name.lower()][:25]

    # --- members ---

    @budget.command(name="grant", description="Give a member more tokens for this week")
    @app_commands.describe(user="who gets them", tokens="how many", note="for the other operators")
    async def budget_grant(
        self,
        interaction: Used,
        user: discord.Member,
        tokens: app_commands.Range[int, 1, 1_000_000_000],
        note: app_commands.Range[str, 0, 200] = "",
    ) -> None:
        by = await giver(interaction)
        by.operator("budgets.add_grant")
        await carried_out(by, administration.grant, by, user.id, user.display_name, tokens, note)
        said = gettext("{member} has {tokens} tokens more this week.")
        await tell(interaction, said.format(member=user.mention, tokens=number(tokens)))

    @app_commands.command(description="Suspend somebody on the site and on Discord")
    @app_commands.describe(user="who", reason="they read it", days="how long; none: until it is lifted")
    async def ban(
        self,
        interaction: Used,
        user: discord.User,
        reason: app_commands.Range[str, 1, 500],
        days: app_commands.Range[int, 1, 3650] | None = None,
    ) -> None:
        by = await giver(interaction)
        by.operator("moderation.review")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            await carried_out(now, administration.ban, now, user.id, user.display_name, days, reason)
            return gettext("{member} is suspended. /admin unban undoes it.").format(member=user.mention)

        until = gettext("for {days} days").format(days=days) if days else gettext("until somebody lifts it")
        question = gettext("Suspend {member} {until}? They are signed out, and what is being written for them stops.")
        await confirming.ask(interaction, question.format(member=user.mention, until=until), gettext("Suspend"), go)

    @app_commands.command(description="Lift a suspension")
    @app_commands.describe(user="whose", reason="for the audit")
    async def unban(self, interaction: Used, user: discord.User, reason: app_commands.Range[str, 0, 500] = "") -> None:
        by = await giver(interaction)
        await carried_out(by, administration.unban, by, user.id, reason)
        await tell(interaction, gettext("{member} is suspended no more.").format(member=user.mention))

    # --- everybody ---

    @app_commands.command(description="Announce something: here in a channel, or on every page of the site")
    @app_commands.describe(
        text="what", where="here: as a message of the bot; site: on every page", hours="how long it stands on the site"
    )
    async def announce(
        self,
        interaction: Used,
        text: app_commands.Range[str, 1, 1000],
        where: Where = "here",
        hours: app_commands.Range[int, 1, 720] = 24,
    ) -> None:
        by = await giver(interaction)
        if where == "here":
            channel = cast(discord.abc.Messageable, interaction.channel)
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
            await carried_out(by, administration.record, by, "announce", reason=text)
            await tell(interaction, gettext("Announced here."))
            return
        by.operator("ops.operate")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            await carried_out(now, announcing.announce_for, now.operator("ops.operate"), text, hours)
            return gettext("Announced on every page for {hours} hours.").format(hours=hours)

        await confirming.ask(
            interaction, gettext("Show this on every page?\n>>> {text}").format(text=reports.plain(text, 1000)),
            gettext("Announce"), go,
        )  # fmt: skip

    @app_commands.command(description="Make a backup of the site")
    async def backup(self, interaction: Used) -> None:
        by = await giver(interaction)
        by.operator("ops.operate")

        async def go(pressed: Used) -> str:
            now = await giver(pressed)
            job = await carried_out(now, backups.begin, now.operator("ops.operate"))
            pressed.client.keep(backing_up.follow(pressed, job), f"backup {job}")
            return gettext("The backup is being made. You are told here when it has ended.")

        question = gettext(
            "Make a backup of the whole site? It goes to where the site's settings say, and is verified."
        )
        if not settings.BACKUP_RECIPIENTS:
            question += " " + gettext(
                "It holds all conversations in clear text: no key is named that it is encrypted to."
            )
        await confirming.ask(interaction, question, gettext("Make it"), go)
