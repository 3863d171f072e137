"""``manage.py files_verify``: whether every content is there and whole, and mending what can be."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat

from files.models import Blob
from files.progress import Bar, Mark
from files.verifying import Report, contents, orphans
from meatlizard.errors import AppError


class Command(BaseCommand):
    help = "Reads every stored content and compares it with its hash, finds what is missing, damaged or nobody's, and mends what can be. The site may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from-start", action="store_true", help="do not go on where the last run was interrupted")

    def handle(self, *args: Any, **options: Any) -> None:
        mark, report = Mark(Path(settings.VAR_DIR) / "files_verify.json"), Report()
        if options["from_start"]:
            mark.forget()
        try:
            self._follow(report, mark, shown=options["verbosity"] > 0)
        except AppError as error:
            raise CommandError(f"{error.message} Run this again: it goes on where it stopped.") from error
        mark.forget()
        self._tell(report)
        if not report.well:
            raise CommandError(
                "Some contents are missing or damaged, and no other copy was found. They are marked; whoever brings one again mends it."
            )

    def _follow(self, report: Report, mark: Mark, *, shown: bool) -> None:
        after = str(mark.read().get("after", ""))
        rows = Blob.objects.filter(pk__gt=after)
        bar = Bar(self.stdout, "contents", rows.aggregate(total=Sum("size"))["total"] or 0, shown=shown)
        if after and shown:
            self.stdout.write(f"Going on after {after[:12]}.")
        for done, size in contents.look(report, after):
            bar.step(size)
            mark.write(after=done)
        bar.end(f"{report.looked_at:,} looked at, {filesizeformat(report.bytes)}")
        bar = Bar(self.stdout, "names", Blob.objects.count(), shown=shown)
        for looked_at in orphans.look(report):
            bar.step(looked_at)
        bar.end(f"{bar.done:,} looked at")

    def _tell(self, report: Report) -> None:
        mended = {
            "restored from another copy": report.restored, "found in another place": report.moved, "counted anew": report.recounted,
            "nobody's, taken in again": report.adopted, "left over, removed": report.removed,
        }  # fmt: skip
        for words, number in mended.items():
            if number:
                self.stdout.write(f"  {words}: {number:,}")
        for words, names in (
            ("missing", report.missing),
            ("damaged", report.damaged),
            ("not of this program, left alone", report.strange),
        ):
            for name in names:
                self.stdout.write(f"  {words}: {name}")
        if report.untold:
            self.stdout.write(f"  and {report.untold:,} more")
        if report.well:
            self.stdout.write("Every content is there and whole.")
