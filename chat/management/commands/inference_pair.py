"""``manage.py inference_pair``: a pairing code from the command line, as "Add inference client" in the admin gives one."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat import nodes
from meatlizard.accounts.models import User


class Command(BaseCommand):
    help = "Prints a one-time code, valid 15 minutes, that pairs an inference client with this site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="", help="what to call the machine; it may also name itself")
        parser.add_argument("--user", default="", help="the operator it belongs to; default: the first administrator")
        parser.add_argument("--code-only", action="store_true", help="print nothing but the code")

    def handle(self, *args: Any, **options: Any) -> None:
        owners = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
        if options["user"]:
            owners = owners.filter(username__iexact=options["user"])
        owner = owners.first()
        if owner is None:
            raise CommandError("There is no such administrator. Open the site once to create the first one.")
        code = nodes.new_pairing_code(owner, options["name"])
        if options["code_only"]:
            self.stdout.write(code)
            return
        self.stdout.write("On the machine with the model, after `make client` there, within 15 minutes:\n\n")
        self.stdout.write(f"    .venv-client/bin/python -m inference_client pair {settings.SITE_URL} {code}\n")
