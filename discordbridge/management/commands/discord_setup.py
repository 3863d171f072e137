"""``manage.py discord_setup``: is everything at Discord as the bot needs it? In plain words; with what it may make itself."""

import asyncio
from typing import Any

import discord
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

SECONDS = 60.0
MARKS = {"good": "  ok      ", "made": "  made    ", "advice": "  note    ", "missing": "  MISSING "}


class Command(BaseCommand):
    help = "Checks token, intents, permissions, channels and commands at Discord, says what is missing, and prints the invite address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="make nothing, only look")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DISCORD_TOKEN:
            raise CommandError(
                "DISCORD_TOKEN is not set. Make an application at https://discord.com/developers/applications, reset the token under 'Bot', "
                "and put it into .env."
            )
        from discordbridge.running import CannotRun

        try:
            missing = asyncio.run(self._run(make=not options["check"]))
        except (CannotRun, ConnectionError) as error:
            raise CommandError(str(error)) from None
        if missing:
            raise CommandError(f"{missing} things are missing. Mend them and run this again.")
        self.stdout.write(self.style.SUCCESS("Everything the bot needs is there."))

    async def _run(self, *, make: bool) -> int:
        """How many things are missing."""
        from discordbridge import inspecting
        from discordbridge.commands_only import CommandsOnly
        from discordbridge.running import in_words

        missing = 0
        async with (
            CommandsOnly() as bot,
            discord.Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0.5) as client,
        ):
            with in_words():
                await bot.login(settings.DISCORD_TOKEN)
                running = asyncio.create_task(client.start(settings.DISCORD_TOKEN))
                await self._ready(client, running)
            assert client.user is not None and client.application_id is not None
            self.stdout.write(f"The token is accepted; the bot is called {client.user.name}.")
            names = [command.name for command in bot.tree.get_commands()]
            async for finding in inspecting.findings(client, names, make=make):
                missing += finding.kind == "missing"
                style = self.style.ERROR if finding.kind == "missing" else self.style.SUCCESS
                self.stdout.write(style(MARKS[finding.kind]) + finding.text)
            self.stdout.write("Invite the bot, or renew its permissions, at:")
            self.stdout.write("  " + inspecting.invitation(client.application_id))
            await client.close()
            await asyncio.gather(running, return_exceptions=True)
        return missing

    async def _ready(self, client: discord.Client, running: "asyncio.Task[None]") -> None:
        """Connected, with all its servers. Raises what keeps it from that."""
        ready = asyncio.ensure_future(client.wait_until_ready())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
        if running.done():
            ready.cancel()
            running.result()
        if not ready.done():
            running.cancel()
            raise ConnectionError("Discord does not answer: it did not tell the bot of its servers within a minute.")
