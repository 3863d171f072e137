"""``manage.py backup``: a set of the whole site, or a look whether one can be relied on."""

from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from meatlizard.ops.backups import keys, places, taking, verifying
from meatlizard.ops.backups.showing import Bar
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.ops.management.commands.serve import keep_private


class Command(BaseCommand):
    help = "Makes a backup of database and stored files, or verifies one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", "--from", dest="place", metavar="PLACE", help="a folder or s3://bucket/folder; default: BACKUP_TO"
        )
        parser.add_argument(
            "--verify",
            metavar="SET",
            help="look whether this one can be relied on: a name, newest, or an old .tar file",
        )
        parser.add_argument("--identity", metavar="FILE", type=Path, help="who may read it; default: BACKUP_IDENTITY")
        parser.add_argument("--quick", action="store_true", help="with --verify: of files only those new in this set")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()
        where = options["place"] or settings.BACKUP_TO
        with closing(Bar()) as bar:
            try:
                if options["verify"]:
                    self._verify(where, options, bar)
                else:
                    self._take(where, bar)
            except BackupFailed as error:
                bar.close()
                raise CommandError(error.message) from error

    def _take(self, where: str, bar: Bar) -> None:
        taken = taking.take(places.at(where), bar)
        bar.close()
        self.stdout.write(
            f"{taken.id} in {taken.place.label}\n"
            f"  {filesizeformat(taken.size)}, {taken.files} stored file(s), {taken.new} of them new; "
            f"{filesizeformat(taken.fresh)} written in {taken.seconds:.1f} s"
        )
        if taken.vanished:
            self.stdout.write(f"  {taken.vanished} file(s) were deleted meanwhile and are not in it.")
        if taken.left_out:
            self.stdout.write(f"  {taken.left_out} file(s) of videos were left out: they can be made anew.")
        self.stdout.write(
            "  Secrets are not in it: keep INFERENCE_SERVER_KEY and SECRET_KEY apart from it, in a safe place."
        )
        if not taken.encrypted:
            self.stdout.write(
                "  It holds conversations in clear text: keep it as safe as the site, or name BACKUP_RECIPIENTS."
            )

    def _verify(self, where: str, options: dict[str, Any], bar: Bar) -> None:
        said = verifying.verify(options["verify"], where, read_identities(options), bar, whole=not options["quick"])
        bar.close()
        words = (
            "every byte is as it was written"
            if said.whole
            else "what is new in it is as it was written, and the rest is there"
        )
        self.stdout.write(f"Whole: {words}.")
        if said.deep:
            self.stdout.write("  The database was restored on trial, and has the rows and contents that it had.")
        if said.words:
            self.stdout.write(f"  But {said.words}.")


def read_identities(options: dict[str, Any]) -> keys.Identities:
    given = options["identity"]
    try:
        return keys.identities(given.read_text() if given else None)
    except OSError as error:
        raise BackupFailed(f"The file of the identity cannot be read: {error.strerror}.") from error
