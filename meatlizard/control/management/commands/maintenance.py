"""``manage.py maintenance``: what the site is open for, told and changed from the machine that runs it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meatlizard.errors import AppError
from meatlizard.moderation.actions import audit
from meatlizard.ops import actions, switches

LEVELS = {"off": "off", "soft": "soft", "read-only": "read", "hard": "hard"}


class Command(BaseCommand):
    help = "Tells how far the site is open, or changes it: every process follows within two seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "level", nargs="?", choices=list(LEVELS),
            help="soft: questions are taken and wait; read-only: nothing can be changed; hard: only operators get in; none: tell",
        )  # fmt: skip
        parser.add_argument("--reason", default="", help="why, and for how long; people read it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["level"]:
            try:
                with audit.through("command line"):
                    actions.maintain(None, LEVELS[options["level"]], options["reason"])
            except AppError as error:
                raise CommandError(error.message) from None
        state = switches.refresh()
        name = next(name for name, level in LEVELS.items() if level == state.maintenance)
        self.stdout.write(f"Maintenance: {name}. {state.maintained or 'The site is open.'}")
        if options["level"] and LEVELS[options["level"]] != state.maintenance:
            self.stdout.write("MAINTENANCE in the environment is stricter, and holds.")
