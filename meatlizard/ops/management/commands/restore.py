"""``manage.py restore``: an empty site, or with ``--replace`` any, becomes what a backup holds."""

import sys
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.template.defaultfilters import filesizeformat

from meatlizard.ops.backups import restoring
from meatlizard.ops.backups.restoring import Plan
from meatlizard.ops.backups.showing import Bar
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.ops.management.commands.backup import read_identities
from meatlizard.ops.management.commands.serve import keep_private

WORD = "replace"


class Command(BaseCommand):
    help = "Brings a backup back into this site. Stop the site first."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set", help="which one: a name, newest, or an old .tar file")
        parser.add_argument(
            "--from", dest="place", metavar="PLACE", help="a folder or s3://bucket/folder; default: BACKUP_TO"
        )
        parser.add_argument("--identity", metavar="FILE", type=Path, help="who may read it; default: BACKUP_IDENTITY")
        parser.add_argument("--plan", action="store_true", help="say what would happen, and change nothing")
        parser.add_argument("--replace", action="store_true", help="even if this site has people: they are replaced")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()
        with closing(Bar()) as bar:

            def may(plan: Plan) -> bool:
                bar.close()
                self._say(plan)
                if options["plan"]:
                    return False
                if plan.people and not options["replace"]:
                    raise BackupFailed(
                        f"This site has {plan.people} account(s). Give --replace if the backup is to take the place of all there is.",
                        code="not_empty",
                    )
                return options["yes"] or not plan.people or self._asked(plan.people)

            try:
                where = options["place"] or settings.BACKUP_TO
                done = restoring.restore(options["set"], where, read_identities(options), may, bar)
            except BackupFailed as error:
                bar.close()
                if options["plan"] and error.code == "not_confirmed":
                    return
                raise CommandError(error.message) from error
        self.stdout.write(
            f"Restored: {done.people} account(s), {done.plan.about.files} stored file(s). Start the site again."
        )
        if done.anew:
            self.stdout.write(f"  {done.anew} video(s) are made anew once it runs.")

    def _say(self, plan: Plan) -> None:
        about = plan.about
        own = {
            True: "made by this site",
            False: "made under another SECRET_KEY than this site's",
            None: "of a format that tells nothing of who made it",
        }
        self.stdout.write(
            f"{about.name}: {about.made[:16]} UTC, version {about.program}, {own[about.own]}.\n"
            f"  Database: {about.vendor} into {connection.vendor}; {filesizeformat(about.size)} in all.\n"
            f"  Files: {plan.same} are here already, {len(plan.missing)} come, {len(plan.differing)} are replaced."
        )
        if plan.left:
            self.stdout.write(f"  {plan.left} file(s) in the storage are not of this backup. They stay there.")
        if plan.settings:
            self.stdout.write(f"  Settings that had other values when it was made: {', '.join(plan.settings)}.")
        if plan.unproved:
            self.stdout.write(f"  It was looked through, but {plan.unproved}.")

    def _asked(self, people: int) -> bool:
        if not sys.stdin.isatty():
            raise BackupFailed("Nobody is there to be asked. Give --yes, too, if you mean it.", code="not_confirmed")
        self.stdout.write(f"All of this site, with {people} account(s), is replaced by the backup.")
        return input(f"Type {WORD} to go on: ").strip() == WORD
