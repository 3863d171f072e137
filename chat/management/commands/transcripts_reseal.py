"""``manage.py transcripts_reseal``: transcripts under the key that is the first now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.transcripts import resealing


class Command(BaseCommand):
    help = "Seals transcripts anew that lie under another key than the first of TRANSCRIPT_KEYS, or under none; without keys, opens them."

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = resealing.others().count()
        if not waiting:
            self.stdout.write("Nothing to do: all transcripts lie under the first key.")
            return
        found = resealing.reseal_all()
        self.stdout.write(f"{found.done} of {waiting} transcripts were sealed anew.")
        if found.failed:
            raise CommandError(f"{found.failed} could not be opened; the log names them. Keep the old keys.")
