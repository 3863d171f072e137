"""``manage.py discord_sync``: tells Discord which commands the bot has, when they have changed since it was last told."""

import asyncio
from typing import Any

import discord
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from discordbridge import commanding
from discordbridge.running import CannotRun, in_words


class Command(BaseCommand):
    help = "Tells Discord which commands the bot has, everywhere or in single servers, when they have changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--guild",
            type=int,
            action="append",
            default=[],
            metavar="ID",
            help="only in this server, where changes show at once; may be given several times",
        )
        parser.add_argument(
            "--remove", action="store_true", help="with --guild: take the server's own commands away; those of everywhere stay"
        )
        parser.add_argument("--force", action="store_true", help="even when nothing has changed")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DISCORD_TOKEN:
            raise CommandError("DISCORD_TOKEN is not set. See docs/DISCORD.md.")
        if options["remove"] and not options["guild"]:
            raise CommandError("--remove is for the commands of one server: name it with --guild.")
        try:
            asyncio.run(self._run(options["guild"], remove=options["remove"], force=options["force"]))
        except CannotRun as error:
            raise CommandError(str(error)) from None

    async def _run(self, guilds: list[int], *, remove: bool, force: bool) -> None:
        from discordbridge.commands_only import CommandsOnly

        async with CommandsOnly() as bot:
            with in_words():
                await bot.login(settings.DISCORD_TOKEN)
                if not guilds:
                    self._say("everywhere", await commanding.everywhere(bot, force=force))
                for guild in guilds:
                    place = discord.Object(guild)
                    told = commanding.take_from if remove else commanding.only_in
                    self._say(f"in server {guild}", await told(bot, place, force=force))

    def _say(self, where: str, told: int | None) -> None:
        if told is None:
            self.stdout.write(f"Nothing has changed {where}; Discord was not asked. (--force asks it all the same.)")
        else:
            self.stdout.write(self.style.SUCCESS(f"Discord knows {told} commands {where}."))
