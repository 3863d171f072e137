"""Backups in the background, beside all other jobs: one may take hours."""

import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from meatlizard.ops.backups import alerting, keeping, keys, places, running, taking, verifying
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.trouble import BackupFailed

QUEUE = "backups"


@task(queue_name=QUEUE)
def make_backup() -> dict[str, Any]:
    """Makes one, verifies it, deletes those that are not to be kept. What came of it, with ``error`` in words: a full disk is not emptier at
    the next attempt."""
    try:
        taken = taking.take(places.usual(), running.Telling("making"))
    except BackupFailed as error:
        running.over()
        return {"error": error.message}
    found = {"name": taken.id, "size": taken.size, "fresh": taken.fresh, "files": taken.files, "seconds": round(taken.seconds, 1),
             "vanished": taken.vanished}  # fmt: skip
    try:
        found |= _verified(taken.id, whole=_whole_is_due(taken.place))
        running.Telling("pruning")
        keeping.prune(taken.place)
    except BackupFailed as error:
        found["error"] = error.message
    finally:
        running.over()
        alerting.tell()
    return found


@task(queue_name=QUEUE)
def verify_backup(name: str) -> dict[str, Any]:
    """Every byte of it."""
    try:
        return {"name": name, **_verified(name, whole=True)}
    except BackupFailed as error:
        return {"name": name, "error": error.message}
    finally:
        running.over()


def _verified(name: str, whole: bool) -> dict[str, Any]:
    said = verifying.verify(name, settings.BACKUP_TO, keys.identities(), running.Telling("verifying"), whole)
    return {"verified": True, "deep": said.deep}


def _whole_is_due(place: Place) -> bool:
    """Old files are read again once in so many days; in between those that are new."""
    since = timezone.now() - datetime.timedelta(days=settings.BACKUP_VERIFY_DAYS)
    return not any(
        kept.verified is not None
        and kept.verified.whole
        and datetime.datetime.fromisoformat(kept.verified.when) > since
        for kept in keeping.sets(place)
    )
