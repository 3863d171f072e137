"""The worker inside the serving process, so that one process is a whole site."""

from meatlizard.jobs.worker import Worker
from meatlizard.lifecycle import service


@service("jobs.worker")
async def run_worker() -> None:
    await Worker().run()
