"""Commands of members within a conversation: fresh start, summary, end, stop, and who answers how."""

import io
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext, ngettext

from discordbridge import closing, confirming, mine, reports
from discordbridge.actions import answers, members
from discordbridge.bot import Bot
from discordbridge.cogs.chat import Choices, models_named, personas_named
from discordbridge.mine import Use
from meatlizard.threads import in_database

LONGEST_PROMPT = 4_000
"""What a form of Discord's takes; a longer one is written on the site."""

COLDEST, WARMEST = 0.0, 2.0


class Prompt(discord.ui.Modal):
    """A form for the system prompt, which has lines."""

    def __init__(self, by: mine.By, before: str) -> None:
        super().__init__(title=gettext("System prompt"), timeout=900)
        self._by = by
        self.text: discord.ui.TextInput[Prompt] = discord.ui.TextInput(
            label=gettext("What the model reads before all else"), style=discord.TextStyle.paragraph, custom_id="prompt",
            default=before[:LONGEST_PROMPT], required=False, max_length=LONGEST_PROMPT,
        )  # fmt: skip
        self.add_item(self.text)

    async def on_submit(self, interaction: Use) -> None:
        async def work() -> str:
            # Asked anew: the session may be somebody else's by now.
            by = await mine.here(interaction)
            await in_database(members.configure, by.owner, by.conversation, system_prompt=self.text.value)
            return gettext("The system prompt counts from the next answer on.")

        await mine.answered(interaction, work())


class Session(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    # --- what is said ---

    @app_commands.command(description="Begin afresh here: the model forgets what was said")
    async def reset(self, interaction: Use) -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            await in_database(answers.taken, interaction.guild_id)
            before = by.session
            row = await in_database(members.begin_anew, by.owner, before.pk)
            self.bot.closed(before)
            self.bot.opened(row)
            return gettext("The conversation begins afresh. What was said before is kept on the site and in /history.")

        await mine.answered(interaction, work())

    @app_commands.command(description="Sum up the older part of the conversation, to make room in the model's memory")
    async def summarize(self, interaction: Use) -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            await in_database(answers.taken, interaction.guild_id)
            await in_database(members.summarise, by.owner, by.conversation)
            return gettext(
                "A summary of the older part is being written. From then on models read it in place of those messages."
            )

        await mine.answered(interaction, work())

    @app_commands.command(description="Stop the answer that is being written or waits")
    async def cancel(self, interaction: Use) -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            return stopped(await in_database(answers.stop_all, by.owner, by.conversation))

        await mine.answered(interaction, work())

    @app_commands.command(description="End this conversation; the channel goes, the conversation is kept")
    async def close(self, interaction: Use) -> None:
        await interaction.response.defer(ephemeral=True)
        await mine.here(interaction)

        async def go(pressed: Use) -> str:
            by = await mine.here(pressed)
            # Told before: afterwards there is no channel to tell it in.
            self.bot.keep(closing.close(self.bot, by.session.pk, "asked" if by.member else "administrator"))
            return gettext("Closed.")

        await confirming.ask(
            interaction,
            gettext("End this conversation? Its channel goes; what was said is kept on the site and in /history."),
            gettext("End it"),
            go,
        )

    # --- who answers how ---

    @app_commands.command(description="Let a persona answer from now on")
    @app_commands.describe(persona="Who answers; empty: the model itself")
    async def persona(self, interaction: Use, persona: app_commands.Range[str, 0, 100] = "") -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            await in_database(members.speak_with, by.owner, by.conversation, persona)
            now = (await in_database(members.settings_of, by.owner, by.conversation)).persona
            if not now:
                return gettext("The model itself answers from now on.")
            return gettext("{name} answers from now on.").format(name=f"**{reports.plain(now)}**")

        await mine.answered(interaction, work())

    @app_commands.command(description="Choose the model of the answers to come")
    @app_commands.describe(model="Which one; empty: whichever is there")
    async def model(self, interaction: Use, model: app_commands.Range[str, 0, 100] = "") -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            await in_database(members.configure, by.owner, by.conversation, model=model)
            if not model:
                return gettext("Whichever model is there answers from now on.")
            return gettext("{name} answers from now on.").format(name=f"**{reports.plain(model)}**")

        await mine.answered(interaction, work())

    @app_commands.command(description="Write what the model reads before all else")
    async def system(self, interaction: Use) -> None:
        # A form must be the first answer to a command: what is asked before it has to be quick.
        by = await mine.here(interaction)
        before = await in_database(members.settings_of, by.owner, by.conversation)
        await interaction.response.send_modal(Prompt(by, before.system_prompt))

    @app_commands.command(description="How freely the model chooses its words")
    @app_commands.describe(temperature="0: always the likeliest; 2: wild; empty: the model's own")
    async def temperature(
        self, interaction: Use, temperature: app_commands.Range[float, COLDEST, WARMEST] | None = None
    ) -> None:
        async def work() -> str:
            by = await mine.here(interaction)
            await in_database(members.configure, by.owner, by.conversation, temperature=temperature)
            if temperature is None:
                return gettext("The temperature is the model's own from now on.")
            return gettext("The temperature is {value} from now on.").format(value=f"{temperature:g}")

        await mine.answered(interaction, work())

    @app_commands.command(name="export", description="This conversation as a file")
    @app_commands.describe(kind="markdown: what is shown; html: a page; json: everything, to be imported again")
    async def export(self, interaction: Use, kind: Literal["markdown", "html", "json"] = "markdown") -> None:
        await interaction.response.defer(ephemeral=True)
        by = await mine.here(interaction)
        name, data = await in_database(members.exported, by.owner, by.conversation, kind)
        await interaction.followup.send(
            gettext("What was said here, as a file."), file=discord.File(io.BytesIO(data), name), ephemeral=True
        )

    @persona.autocomplete("persona")
    async def _personas(self, interaction: Use, typed: str) -> Choices:
        return await personas_named(interaction, typed)

    @model.autocomplete("model")
    async def _models(self, interaction: Use, typed: str) -> Choices:
        return await models_named(typed)


def stopped(count: int) -> str:
    if not count:
        return gettext("Nothing is being written here.")
    return ngettext("Stopping {count} answer.", "Stopping {count} answers.", count).format(count=count)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Session(bot))
