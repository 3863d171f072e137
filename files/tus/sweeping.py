"""Ends what nobody goes on with, stores what could not be stored when it came, and forgets what is long over."""

import contextlib
import logging
import uuid

from django.utils import timezone

from files.blobs.trouble import Unreachable
from files.models import Upload
from files.tus import finishing
from files.tus.access import Sender
from files.tus.actions import give_up
from files.tus.locks import held
from files.tus.protocol import Ended, Locked
from meatlizard.errors import AppError

log = logging.getLogger(__name__)

AT_ONCE = 200


def sweep() -> int:
    """Returns how many were ended or forgotten."""
    now = timezone.now()
    _store_late()
    ended = 0
    for upload in Upload.objects.unfinished().filter(expires__lt=now)[:AT_ONCE]:
        with contextlib.suppress(Locked):
            ended += _ended(upload)
    return ended + _forgotten()


def _forgotten() -> int:
    over = Upload.objects.exclude(state=Upload.State.OPEN).filter(expires__lt=timezone.now())
    keys = list(over.values_list("pk", flat=True)[:AT_ONCE])
    Upload.objects.filter(pk__in=keys).delete()
    return len(keys)


def under_way(keys: list[str]) -> list[str]:
    """Which of these bytes are of uploads that go on."""
    return list(Upload.objects.unfinished().filter(incoming__in=keys).values_list("incoming", flat=True))


def _ended(upload: Upload) -> bool:
    try:
        with held(upload.incoming):
            return _ended_again(upload.pk)
    except FileNotFoundError:
        return give_up(upload)


def _ended_again(key: uuid.UUID) -> bool:
    """With the lock: bytes may have come between."""
    row = Upload.objects.unfinished().filter(pk=key, expires__lt=timezone.now()).first()
    return row is not None and give_up(row)


def _store_late() -> None:
    """The storage was away when they were whole. Those of links wait for whoever sends them: only they bring the link."""
    waiting = Upload.objects.unfinished().exclude(sha256="").filter(grant="", expires__gt=timezone.now())
    for upload in waiting.select_related("owner")[:AT_ONCE]:
        try:
            _store(upload)
        except Unreachable:
            return
        except (Locked, Ended):
            continue
        except AppError as refused:
            log.warning("files.not_stored_late", extra={"upload": str(upload.pk), "code": refused.code})


def _store(upload: Upload) -> None:
    arrived = finishing.again(upload)
    try:
        with held(upload.incoming):
            if arrived.size == upload.length:
                finishing.finish(Sender(upload.owner), upload, arrived)
    finally:
        arrived.close()
