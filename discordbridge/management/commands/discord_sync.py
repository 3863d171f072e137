"""``manage.py discord_sync``: tells Discord which commands the bot has, when they have changed since it was last told."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


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
            "--remove",
            action="store_true",
            help="with --guild: take the server's own commands away; those of everywhere stay",
        )
        parser.add_argument("--force", action="store_true", help="even when nothing has changed")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DISCORD_TOKEN:
            raise CommandError("DISCORD_TOKEN is not set. See docs/DISCORD.md.")
        if options["remove"] and not options["guild"]:
            raise CommandError("--remove is for the commands of one server: name it with --guild.")
        from discordbridge.running import CannotRun

        try:
            asyncio.run(self._run(options["guild"], remove=options["remove"], force=options["force"]))
        except (CannotRun, ConnectionError) as error:
            raise CommandError(str(error)) from None

    async def _run(self, guilds: list[int], *, remove: bool, force: bool) -> None:
        # discord.py takes half a second to import: not for every command that is listed.
        from discordbridge import commanding
        from discordbridge.commands_only import CommandsOnly
        from discordbridge.running import in_words

        async with CommandsOnly() as bot:
            with in_words():
                await bot.login(settings.DISCORD_TOKEN)
                if not guilds:
                    self._say("everywhere", await commanding.everywhere(bot, force=force))
                for guild in guilds:
                    if remove:
                        await commanding.take_from(bot, guild)
                        self.stdout.write(f"Discord has no commands of its own for server {guild} any more.")
                    else:
                        self._say(f"in server {guild}", await commanding.only_in(bot, guild, force=force))

    def _say(self, where: str, told: int | None) -> None:
        if told is None:
            self.stdout.write(f"Nothing has changed {where}; Discord was not asked. (--force asks it all the same.)")
        else:
            self.stdout.write(self.style.SUCCESS(f"Discord knows {told} commands {where}."))
