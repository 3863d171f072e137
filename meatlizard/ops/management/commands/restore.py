"""``manage.py restore``: an empty site, or with ``--replace`` any, becomes what a backup holds."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meatlizard.ops.backups import restoring
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.ops.management.commands.serve import keep_private

WORD = "replace"


class Command(BaseCommand):
    help = "Brings a backup back into this site. Stop the site first."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what manage.py backup has written")
        parser.add_argument("--replace", action="store_true", help="even if this site has people: they are replaced")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()

        def may_replace(people: int) -> bool:
            if not options["replace"]:
                raise BackupFailed(
                    f"This site has {people} account(s). Give --replace if the backup is to take the place of all there is.",
                    code="not_empty",
                )
            return options["yes"] or self._asked(people)

        try:
            done = restoring.restore(options["file"], may_replace)
        except BackupFailed as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Restored: {done.people} account(s), {done.files} stored file(s). Start the site again.")
        if done.left:
            self.stdout.write(f"  {done.left} file(s) in the storage are not of this backup. They were left there.")
        if done.unproved:
            self.stdout.write(f"  Before it was restored, {done.unproved}.")

    def _asked(self, people: int) -> bool:
        if not sys.stdin.isatty():
            raise BackupFailed("Nobody is there to be asked. Give --yes, too, if you mean it.", code="not_confirmed")
        self.stdout.write(f"All of this site, with {people} account(s), is replaced by the backup.")
        return input(f"Type {WORD} to go on: ").strip() == WORD
