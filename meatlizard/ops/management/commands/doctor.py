"""``manage.py doctor``: everything an operator gets wrong, and how to mend it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meatlizard.ops.doctor.findings import all_examinations, found_by

SIGNS = {"good": "  ok   ", "note": "  note ", "bad": "  BAD  "}


class Command(BaseCommand):
    help = "Looks at settings, database, storage, neighbours, mail, clocks and the way in from outside, and says how to mend what is wrong."
    # They are among what is looked at, and would end the command before it has said anything.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [one.name for one in all_examinations()]
        parser.add_argument("only", nargs="*", metavar="PART", help=f"only these of: {', '.join(names)}")

    def handle(self, *args: Any, only: list[str], **options: Any) -> None:
        known = {one.name: one for one in all_examinations()}
        if unknown := [name for name in only if name not in known]:
            raise CommandError(
                _("There is no part %(name)s; there are: %(names)s.") % {"name": unknown[0], "names": ", ".join(known)}
            )
        bad = 0
        for one in [known[name] for name in only] or known.values():
            self.stdout.write(str(one.title))
            for finding in found_by(one):
                bad += finding.level == "bad"
                style = {"good": self.style.SUCCESS, "note": self.style.WARNING, "bad": self.style.ERROR}[finding.level]
                self.stdout.write(f"{style(SIGNS[finding.level])}{finding.text}")
                if finding.mend:
                    self.stdout.write(f"         -> {finding.mend}")
        if bad:
            raise CommandError(
                ngettext("%(count)d thing has to be mended.", "%(count)d things have to be mended.", bad)
                % {"count": bad}
            )
        self.stdout.write(self.style.SUCCESS(_("Nothing has to be mended.")))
