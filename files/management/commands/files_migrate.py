"""``manage.py files_migrate``: what is stored, from the local disk into the bucket or back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from files import moving
from files.blobs import places
from files.moving import Moved
from files.progress import Bar
from meatlizard.errors import AppError


class Command(BaseCommand):
    help = (
        "Moves stored contents to the local disk or into the bucket, each compared by its hash before it goes where it was. "
        "The site may run; interrupted, it goes on with the next run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", choices=(places.LOCAL, places.S3), required=True, help="where to")

    def handle(self, *args: Any, **options: Any) -> None:
        to, moved, shown = options["to"], Moved(), options["verbosity"] > 0
        if to not in places.names():
            raise CommandError(
                "There is no bucket. Set S3_BUCKET and its keys first; STORAGE=local leaves new things on the disk meanwhile."
            )
        try:
            bar = Bar(self.stdout, "contents", moving.waiting(to), shown=shown)
            for size in moving.contents(moved, to):
                bar.step(size)
            bar.end(f"{moved.contents:,} moved")
            bar = Bar(self.stdout, "others", 0, shown=shown)
            for _size in moving.others(moved, to):
                bar.step()
            bar.end(f"{moved.others:,} copied")
        except AppError as error:
            raise CommandError(f"{error.message} Run this again: it goes on where it stopped.") from error
        if shown:
            self._tell(moved, to)
        if moved.failed:
            raise CommandError(
                "Some are missing or damaged where they are, and stayed there: see manage.py files_verify."
            )

    def _tell(self, moved: Moved, to: str) -> None:
        self.stdout.write(f"{filesizeformat(moved.bytes)} in all.")
        for name in moved.failed[:100]:
            self.stdout.write(f"  not moved: {name}")
        if places.present().name != to:
            self.stdout.write(
                f"New things still go to the other place. Set STORAGE={to}, restart the site, and run this once more: it brings what came meanwhile."
            )
