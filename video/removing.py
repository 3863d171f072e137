"""Videos go for good: their rows and what counts for them in one transaction, then what was made of them."""

import datetime
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from files.blobs import references
from meatlizard.storage import actions as storage
from video.making import keeping
from video.models import Video

log = logging.getLogger(__name__)

AT_ONCE = 50


def remove(video: Video) -> bool:
    """Deletes it for good. Whether it was there."""
    with transaction.atomic():
        row = Video.objects.select_for_update(of=("self",)).filter(pk=video.pk).first()
        if row is None:
            return False
        if row.blob_id is not None:
            references.release(row.blob_id)
        folder, owner, charged = row.folder, row.owner_id, row.charged
        row.delete()
        storage.give_back(owner, charged)
        # Not before: what is gone from the storage cannot come back with the transaction.
        transaction.on_commit(lambda: keeping.delete_folder(folder))
    return True


def empty_trash(days: int | None = None) -> int:
    """Of everybody: what has lain there long enough."""
    before = timezone.now() - datetime.timedelta(days=settings.VIDEO_TRASH_DAYS if days is None else days)
    rows = Video.objects.filter(trashed__lt=before).order_by("trashed")
    return sum(remove(video) for video in rows[:AT_ONCE])
