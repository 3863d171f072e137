"""What is done with a message from its context menu, and what other apps do for members: pastes and short links."""

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from django.utils.translation import gettext

from chat.events import Send
from discordbridge import mine, opening, reading, reports
from discordbridge.access import live_session
from discordbridge.actions import answers, searching, seen, tools
from discordbridge.bot import Bot
from discordbridge.mine import Use
from discordbridge.models import GuildSession
from meatlizard.errors import Invalid
from meatlizard.threads import in_database

MOST_MESSAGES = 100
MOST_TEXT = 30_000
"""Code points of messages that are summed up."""

Line = discord.ui.TextInput["Form"]


class Form(discord.ui.Modal):
    """Fields whose values go to ``send`` when it is sent."""

    def __init__(self, title: str, send: Any, *fields: Line) -> None:
        super().__init__(title=title, timeout=900)
        self._send, self._fields = send, fields
        for field in fields:
            self.add_item(field)

    async def on_submit(self, interaction: Use) -> None:
        await mine.answered(interaction, self._send(interaction, *(field.value for field in self._fields)))


class Menus(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.menus = [
            app_commands.ContextMenu(name="Ask about this", callback=self.ask_about),
            app_commands.ContextMenu(name="Summarise from here", callback=self.summarise_from),
            app_commands.ContextMenu(name="Save as paste", callback=self.save),
        ]

    # --- questions ---

    async def ask_about(self, interaction: Use, message: discord.Message) -> None:
        async def send(sent: Use, question: str) -> str:
            about = (message.author.display_name, _text(message))
            return await self._asked(sent, reading.question(question, _names(message), self.bot.me.id, about))

        if not _text(message):
            raise Invalid(gettext("There is no text in this message."))
        field: Line = discord.ui.TextInput(
            label=gettext("Your question"), custom_id="question", default=gettext("Explain this."), max_length=1_000
        )
        await interaction.response.send_modal(Form(gettext("Ask about this"), send, field))

    async def summarise_from(self, interaction: Use, message: discord.Message) -> None:
        async def work() -> str:
            channel = message.channel
            if interaction.guild is not None and not interaction.permissions.read_message_history:
                raise Invalid(gettext("You may not read what was written here before, so I do not read it for you."))
            after = channel.history(limit=MOST_MESSAGES - 1, after=message, oldest_first=True)
            found = [message, *[one async for one in after]]
            lines = [f"{one.author.display_name}: {_text(one)}" for one in found if _text(one)]
            said = reading.readable("\n".join(lines), _names(*found), self.bot.me.id)[:MOST_TEXT]
            if not said:
                raise Invalid(gettext("There is no text from here on."))
            quote = "\n".join(f"> {line}" for line in said.splitlines())
            return await self._asked(
                interaction, gettext("Summarise this conversation:") + "\n\n" + quote, gettext("Summarise from here")
            )

        await mine.answered(interaction, work())

    async def _asked(self, interaction: Use, question: str, shown: str = "") -> str:
        """Asks in the member's own conversation where the command was used, or in a new private one."""
        user = await mine.myself(interaction)
        await in_database(answers.taken, interaction.guild_id)
        session = await in_database(live_session, interaction.channel_id or 0)
        if session is None or session.owner_id != user.pk or session.kind == GuildSession.Kind.MIRROR:
            if interaction.guild is None or not isinstance(interaction.user, discord.Member):
                raise Invalid(gettext("There is no conversation in this place. Write to me first."), code="no_session")
            home: Any = interaction.channel
            session = await opening.private(self.bot, interaction.guild, interaction.user, interaction.id, home)
        assert session.conversation_id is not None
        request = seen.request_id(interaction.id)
        await self.bot.intake.ask(
            user, Send(type="send", request=request, conversation=session.conversation_id, text=question)
        )
        return gettext("Asked. The answer comes in {place}.").format(
            place=f"<#{session.place}>" if session.guild_id else gettext("this conversation")
        )

    # --- pastes and links ---

    async def save(self, interaction: Use, message: discord.Message) -> None:
        async def work() -> str:
            text = _text(message)
            if not text:
                raise Invalid(gettext("There is no text in this message."))
            user = await mine.myself(interaction)
            address = await in_database(tools.paste, user, "message.md", text)
            return gettext("Saved. Whoever knows the address may read it: {address}").format(address=address)

        await mine.answered(interaction, work())

    @app_commands.command(name="paste", description="Make a paste of a text")
    async def paste(self, interaction: Use) -> None:
        async def send(sent: Use, title: str, text: str) -> str:
            user = await mine.myself(sent)
            address = await in_database(tools.paste, user, "paste.txt", text, title)
            return gettext("Whoever knows the address may read it: {address}").format(address=address)

        title: Line = discord.ui.TextInput(
            label=gettext("Title"), custom_id="title", required=False, max_length=100
        )  # fmt: skip
        text: Line = discord.ui.TextInput(
            label=gettext("Text"), custom_id="text", style=discord.TextStyle.paragraph, max_length=4_000
        )
        await interaction.response.send_modal(Form(gettext("Paste"), send, title, text))

    @app_commands.command(name="shorten", description="Make a short link")
    @app_commands.describe(address="Where it leads", name="How it ends; empty: something short")
    async def shorten(
        self, interaction: Use, address: app_commands.Range[str, 1, 2_000], name: app_commands.Range[str, 0, 60] = ""
    ) -> None:
        async def work() -> str:
            return f"<{await in_database(tools.shorten, await mine.myself(interaction), address, name)}>"

        await mine.answered(interaction, work())

    @app_commands.command(name="search", description="Find in your own conversations and pastes")
    @app_commands.describe(words='words, a "phrase", -without, before:, after:, as on the site')
    async def search(self, interaction: Use, words: app_commands.Range[str, 1, 200]) -> None:
        async def work() -> str:
            results = await in_database(searching.search, await mine.myself(interaction), words)
            return reports.whole([_result(one) for one in results], gettext("Nothing of yours has these words."))

        await mine.answered(interaction, work())


def _result(found: searching.Result) -> str:
    title = reports.plain(found.title) or gettext("Without a title")
    named = f"[{title}](<{found.address}>)" if found.address else title
    kind = gettext("paste") if found.kind == "paste" else gettext("conversation")
    return f"- {kind} {named}" + (f" · {reports.plain(found.piece, 120)}" if found.piece else "")


def _text(message: discord.Message) -> str:
    """What it says, without what stands below answers in small print."""
    said = re.sub(r"^-# .*$", "", message.content, flags=re.MULTILINE).strip()
    return said or "\n".join(embed.description or "" for embed in message.embeds).strip()


def _names(*messages: discord.Message) -> reading.Names:
    people: dict[int, str] = {}
    roles: dict[int, str] = {}
    channels: dict[int, str] = {}
    for message in messages:
        people |= {person.id: person.display_name for person in message.mentions}
        roles |= {role.id: role.name for role in message.role_mentions}
        channels |= {channel.id: getattr(channel, "name", "") for channel in message.channel_mentions}
    return reading.Names(people, roles, channels)


async def setup(bot: Bot) -> None:
    cog = Menus(bot)
    await bot.add_cog(cog)
    # Here, and not when the cog begins its work: whoever only tells Discord of the commands begins none.
    for menu in cog.menus:
        bot.tree.add_command(menu)
