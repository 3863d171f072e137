"""``manage.py audit_verify``: whether the audit is what was written, entry by entry."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meatlizard.moderation import chain


class Command(BaseCommand):
    help = "Goes through the audit's chain of hashes, and names the first entry that was changed or is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--noted", default="", metavar="NUMBER:HASH", help="an entry and its hash as this command printed them once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        number, _colon, expected = options["noted"].partition(":")
        if options["noted"] and not (number.isdecimal() and expected):
            raise CommandError("Write --noted as this command prints it: 1234:0f3a...")
        verdict = chain.verify(int(number) if number else None, expected.strip())
        if verdict.broken is not None:
            raise CommandError(f"The chain is broken at entry {verdict.broken}: {verdict.why}.")
        count = verdict.last - verdict.first + 1
        self.stdout.write(f"The audit is whole: {count} entries, {verdict.first} to {verdict.last}.")
        self.stdout.write("Note this elsewhere; --noted then tells whether all was written anew meanwhile:")
        self.stdout.write(f"{verdict.last}:{verdict.digest}")
