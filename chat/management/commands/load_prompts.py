"""``manage.py load_prompts``: the prompts that come with the site, into its library."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.prompting import presets


class Command(BaseCommand):
    help = (
        "Puts the prompts of docs/PROMPT_LIBRARY.md into the library; what was changed or deleted here stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=presets.LIBRARY, help="another file of the same form")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = presets.load(presets.presets(options["file"]))
        except (OSError, presets.Malformed) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        for what, commands in (
            ("new", done.new), ("renewed", done.renewed), ("left as changed here", done.left), ("refused", done.refused),
        ):  # fmt: skip
            if commands and options["verbosity"]:
                self.stdout.write(f"{what}: {', '.join(commands)}")
        if options["verbosity"] and not (done.new or done.renewed or done.refused):
            self.stdout.write("Nothing to do: the library has them all.")
