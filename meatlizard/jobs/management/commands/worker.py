"""``manage.py worker``: a process that does nothing but background jobs; any number of them may run."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from meatlizard.jobs.worker import Worker
from meatlizard.metrics.services import keep_metrics
from meatlizard.ops.services import keep_switches


class Command(BaseCommand):
    help = "Runs background jobs until Ctrl-C."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jobs", type=int, default=1, help="how many to run at once; default 1")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self._run(max(1, options["jobs"])))
        self.stdout.write("Stopped.")

    async def _run(self, slots: int) -> None:
        worker = Worker(slots)
        beside = asyncio.ensure_future(keep_switches())
        task = asyncio.create_task(worker.run())
        figures = asyncio.create_task(keep_metrics())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        self.stdout.write(f"Worker {worker.name} is ready.")
        self.stdout.flush()
        try:
            await task
        except asyncio.CancelledError:
            pass
        finally:
            for one in (figures, beside):
                one.cancel()
            await asyncio.gather(figures, beside, return_exceptions=True)
