"""Backups in the background."""

from typing import Any

from django_tasks import task

from meatlizard.ops.backups import places, taking
from meatlizard.ops.backups.trouble import BackupFailed


@task
def make_backup() -> dict[str, Any]:
    """What came of it, or ``error`` in words: a full disk is not emptier at the next attempt."""
    try:
        taken = taking.take(places.usual())
    except BackupFailed as error:
        return {"error": error.message}
    return {"name": taken.id, "size": taken.size, "seconds": round(taken.seconds, 1), "vanished": taken.vanished}
