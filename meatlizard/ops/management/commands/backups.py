"""``manage.py backups``: which there are, how old, and which may go."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from meatlizard.ops.backups import finding, keeping, places
from meatlizard.ops.backups.keeping import Kept
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.standing import standing
from meatlizard.ops.backups.trouble import BackupFailed
from meatlizard.ops.management.commands.serve import keep_private


class Command(BaseCommand):
    help = "Lists backups, deletes those that are not to be kept, tells whether a good one is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="place", metavar="PLACE", help="a folder or s3://bucket/folder; default: BACKUP_TO"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--prune", action="store_true", help="delete those that BACKUP_KEEP_... do not keep")
        what.add_argument("--would-prune", action="store_true", help="name those that --prune would delete")
        what.add_argument("--check", action="store_true", help="fail when the newest is late, or none was verified")

    def handle(self, *args: Any, **options: Any) -> None:
        keep_private()
        place = places.at(options["place"] or settings.BACKUP_TO)
        try:
            if options["prune"]:
                self._prune(place)
            elif options["would_prune"]:
                good = keeping.newest_verified(place)
                for set_id in keeping.superfluous(finding.ended(place), good[0] if good else ""):
                    self.stdout.write(set_id)
            elif options["check"]:
                self._check(place)
            else:
                self._list(place)
        except BackupFailed as error:
            raise CommandError(error.message) from error

    def _list(self, place: Place) -> None:
        for kept in keeping.sets(place):
            self.stdout.write(f"{kept.id}  {_words(kept)}")
        self.stdout.write(f"{place.label}: {standing(place).words()}.")

    def _check(self, place: Place) -> None:
        found = standing(place)
        if found.late or found.unverified:
            raise CommandError(f"{place.label}: {found.words()}.")
        self.stdout.write(f"{place.label}: {found.words()}.")

    def _prune(self, place: Place) -> None:
        done = keeping.prune(place)
        for set_id in done.sets:
            self.stdout.write(f"{set_id} deleted")
        self.stdout.write(
            f"{len(done.sets)} set(s) and {done.objects} object(s) deleted, {filesizeformat(done.stored)}."
        )


def _words(kept: Kept) -> str:
    if kept.head is None:
        return kept.error
    head = kept.head
    said = f"{filesizeformat(head.size)}, {head.files} file(s), {filesizeformat(head.fresh)} of its own"
    said += ", encrypted" if head.encrypted else ", not encrypted"
    if kept.verified is None:
        return f"{said}, not verified"
    return f"{said}, {'restored on trial' if kept.verified.deep else 'bytes compared'} {kept.verified.when[:10]}"
