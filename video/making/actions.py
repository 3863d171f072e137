"""Verbs on the making of a video: begin with a content, cancel, try again, make anew, delete what was made."""

import logging
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from files import quota
from files.blobs import references
from meatlizard.errors import Invalid
from video import pictures
from video.making import keeping, steps
from video.models import Rendition, Step, Video

log = logging.getLogger(__name__)

STOPPABLE = (Video.State.UPLOADING, Video.State.FETCHING, Video.State.WAITING, Video.State.MAKING)
STOPPED = (Video.State.FAILED, Video.State.CANCELLED)


def begin(video: Video, blob: Any, name: str, reservation: uuid.UUID | None = None) -> None:
    """The original of ``video`` has come: it is held, counts for the owner, and is made. Within one transaction.

    ``blob``: a :class:`files.models.Blob`. Raises Invalid for a video that has its original, StorageFull, and Gone for a content that is
    being deleted; then nothing has changed.
    """
    with transaction.atomic():
        row = Video.objects.select_for_update(of=("self",), no_key=True).filter(pk=video.pk, trashed=None).first()
        if row is None or row.blob_id is not None or row.state not in (Video.State.DRAFT, *STOPPABLE, *STOPPED):
            raise Invalid(_("This video has its content already, or is deleted."), code="video_has_content")
        references.hold(blob)
        row.blob, row.original_name, row.original_size, row.charged = blob, name[:255], blob.size, blob.size
        row.title = row.title or title_of(name)
        row.save(update_fields=["blob", "original_name", "original_size", "charged", "title"])
        _from_the_beginning(row)
        # The ledger's row is locked last, as everybody does.
        quota.settle(row.owner, blob.size, reservation)
    video.refresh_from_db()


def cancel(video: Video) -> bool:
    """Whether something was under way. What is made of it so far stays, so that it can go on."""
    rows = Video.objects.filter(pk=video.pk, state__in=STOPPABLE)
    return bool(rows.update(state=Video.State.CANCELLED, estimate=None, changed=timezone.now()))


def fail(video: Video, place: uuid.UUID, code: str, detail: str = "") -> bool:
    """Whether it was still being made. What is made so far stays."""
    rows = Video.objects.filter(pk=video.pk, place=place, state__in=STOPPABLE)
    return bool(
        rows.update(
            state=Video.State.FAILED,
            error=code,
            detail=detail.replace("\x00", "")[:200],
            estimate=None,
            changed=timezone.now(),
        )
    )


def retry(video: Video) -> bool:
    """Goes on where it failed or was cancelled: only what is not made yet is made. Raises Invalid where the original is gone, and in the trash."""
    with transaction.atomic():
        row = Video.objects.select_for_update(of=("self",), no_key=True).filter(pk=video.pk, state__in=STOPPED).first()
        if row is None:
            return False
        if row.trashed is not None:
            raise _in_trash()
        if row.blob_id is None:
            raise Invalid(_("There is no original to make this video of. Upload it again."), code="no_content")
        open_steps = Step.objects.filter(video=row, place=row.place).exclude(state=Step.State.DONE)
        if row.plan is None or not Step.objects.filter(video=row, place=row.place).exists():
            _from_the_beginning(row)
            return True
        open_steps.update(state=Step.State.WAITING, asked=None, attempts=0, progress=0)
        row.state, row.error, row.detail, row.changed = Video.State.MAKING, "", "", timezone.now()
        row.save(update_fields=["state", "error", "detail", "changed"])
        steps.ask(row)
    return True


def make_anew(video: Video) -> None:
    """All of it, at another place, as after other sizes were chosen in the settings. What there was is not shown from now on.

    Raises Invalid where the original was not kept, or while the video is being made.
    """
    with transaction.atomic():
        row = Video.objects.select_for_update(of=("self",), no_key=True).get(pk=video.pk)
        if row.trashed is not None:
            raise _in_trash()
        if row.blob_id is None or row.state not in (Video.State.READY, *STOPPED):
            raise Invalid(
                _("This video cannot be made anew: its original was not kept, or it is being made now."),
                code="not_to_be_made",
            )
        former = row.place
        row.place, row.plan, row.storyboard, row.playable = uuid.uuid4(), None, None, None
        row.thumbnail = pictures.without_frames(row.thumbnail)
        row.save(update_fields=["place", "plan", "storyboard", "playable", "thumbnail"])
        Rendition.objects.filter(video=row, place=former).delete()
        Step.objects.filter(video=row, place=former).delete()
        _from_the_beginning(row)
        folder = f"{row.folder}/{former.hex}"
        transaction.on_commit(lambda: keeping.delete_folder(folder))
    video.refresh_from_db()


def _in_trash() -> Invalid:
    return Invalid(_("This video is in the trash. Take it back from there first."), code="in_trash")


def _from_the_beginning(row: Video) -> None:
    row.state, row.error, row.detail, row.progress, row.estimate, row.begun = Video.State.WAITING, "", "", 0, None, None
    row.changed = timezone.now()
    row.save(update_fields=["state", "error", "detail", "progress", "estimate", "begun", "changed"])
    Step.objects.filter(video=row, place=row.place).delete()
    steps.plan(row, [steps.first(row)])
    steps.ask(row)


def title_of(name: str) -> str:
    """From a file's name, for who gives none."""
    from video.actions import line

    start = name.rpartition(".")[0] or name
    return line(start.replace("_", " "), 200)
