"""``manage.py backup``: the whole site in one file, or a look whether such a file can be relied on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from meatlizard.ops.backups import room, taking, verifying
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.ops.management.commands.serve import keep_private


class Command(BaseCommand):
    help = "Writes database and stored files into one file, or verifies one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--to", metavar="FOLDER", type=Path, help="where to write it; default: backups in VAR_DIR")
        what.add_argument("--verify", metavar="FILE", type=Path, help="look whether this one can be relied on")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()
        try:
            if options["verify"]:
                self._verify(options["verify"])
            else:
                self._take(options["to"] or room.usual())
        except BackupFailed as error:
            raise CommandError(error.message) from error

    def _take(self, folder: Path) -> None:
        taken = taking.take(folder)
        self.stdout.write(
            f"{taken.path}\n  {filesizeformat(taken.size)}, {taken.files} stored file(s), {taken.seconds:.1f} s"
        )
        if taken.vanished:
            self.stdout.write(f"  {taken.vanished} file(s) were deleted meanwhile and are not in it.")
        self.stdout.write(
            "  Settings and secrets are not in it: keep INFERENCE_SERVER_KEY and SECRET_KEY apart from it, in a safe place.\n"
            "  It holds conversations in clear text: keep it as safe as the site."
        )

    def _verify(self, path: Path) -> None:
        rows, unproved = verifying.verify(path)
        self.stdout.write(f"Whole: every byte is as it was written. {len(rows)} tables, {sum(rows.values())} rows.")
        if unproved:
            self.stdout.write(f"  But {unproved}.")
