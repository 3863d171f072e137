"""``manage.py fetch_embedder``: the model with which this machine turns texts into vectors itself, once."""

import subprocess
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meatlizard.vectors import own


class Command(BaseCommand):
    help = "Downloads the model that this machine turns texts into vectors with (46 MB, checked; goes on where it stopped)."

    def handle(self, *args: Any, **options: Any) -> None:
        own.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        done = subprocess.run(own.command("--fetch"), env=own.environment(), cwd=own.HOME, check=False)  # noqa: S603
        if done.returncode:
            raise CommandError(
                "The model was not fetched; the reason stands above. It needs the inference client's packages: make client, or name the "
                "Python that has them in EMBEDDING_PYTHON."
            )
        self.stdout.write(f"The model lies in {own.folder()}. Next: manage.py vectors rebuild")
