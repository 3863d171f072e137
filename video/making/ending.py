"""What follows once parts are made: sums of renditions, the moment from which a video plays, and its end."""

from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from files.blobs import references
from meatlizard.storage import actions as storage
from video import actions, pictures
from video.making import keeping, sources
from video.making.progress import UNDER_WAY
from video.models import Part, Rendition, Step, Video

MOST_BANDWIDTH: Final = 2**31 - 1
"""What the column holds: a single picture may be so much, for so short a moment."""


def count(row: Rendition, part: Any) -> None:
    """Adds a part that was made, within the transaction that locks the video."""
    parts = Part.objects.filter(rendition=row.pk)
    made = parts.filter(state=Part.State.MADE)
    sums = made.aggregate(size=Sum("size"))
    # Lengths as they came out, which segments tell: a copied part may be longer than was planned.
    seconds = sum(segment[2] for segments in made.values_list("segments", flat=True) for segment in segments)
    size = sums["size"] or 0
    Rendition.objects.filter(pk=row.pk).update(
        # Of parts that were made in two ways the one that asks more of a player.
        codecs=Greatest(F("codecs"), Value(part.codecs)), size=size, average=round(size * 8 / seconds) if seconds else 0,
        bandwidth=Greatest(F("bandwidth"), min(round(part.peak), MOST_BANDWIDTH)), ended=not parts.exclude(state=Part.State.MADE).exists(),
    )  # fmt: skip


def note_playable(video: Video) -> None:
    """Within the same transaction: from the first part of the pictures on, with all of the sound."""
    if video.playable is not None:
        return
    rows = Rendition.objects.filter(video=video, place=video.place)
    silent = rows.filter(kind=Rendition.Kind.AUDIO, ended=False).exists()
    pictures = rows.filter(kind=Rendition.Kind.VIDEO)
    begun = Part.objects.filter(rendition__in=pictures, number=0, state=Part.State.MADE).exists()
    if silent or not (begun or not pictures.exists()):
        return
    video.playable = timezone.now()
    video.save(update_fields=["playable"])
    actions.publish(video)


def note_frames(video: Video, names: list[str]) -> None:
    """Pictures to choose from, within the transaction that locks the video."""
    video.thumbnail = pictures.with_frames(video.thumbnail, names)
    video.save(update_fields=["thumbnail"])


def note_storyboard(video: Video, said: dict[str, Any]) -> None:
    """See :class:`video.media.pictures.Storyboard`."""
    video.storyboard = said
    video.save(update_fields=["storyboard"])


def end_if_all_is_made(video: Video) -> bool:
    """Whether this was the end of it. By whoever does the last step, or the upkeep after him."""
    steps = Step.objects.filter(video=video.pk, place=video.place)
    if not steps.exists() or steps.exclude(state=Step.State.DONE).exists():
        return False
    with transaction.atomic():
        ended = Video.objects.filter(pk=video.pk, place=video.place, state=Video.State.MAKING)
        if not ended.update(
            state=Video.State.READY, progress=1, estimate=None, error="", detail="", changed=timezone.now()
        ):
            return False
        if not settings.VIDEO_KEEP_ORIGINAL:
            drop_original(video)
    tidy(video)
    return True


def drop_original(video: Video) -> None:
    """Within the caller's transaction. What then counts for its owner is what was made of it, and never more than the original did."""
    row = Video.objects.select_for_update(of=("self",), no_key=True).filter(pk=video.pk, blob__isnull=False).first()
    if row is None or row.blob_id is None:
        return
    made = Rendition.objects.filter(video=row, place=row.place).aggregate(size=Sum("size"))["size"] or 0
    charged = min(row.charged, made)
    references.release(row.blob_id)
    Video.objects.filter(pk=row.pk).update(blob=None, charged=charged)
    # The ledger's row is locked last, as everybody does.
    storage.give_back(row.owner_id, row.charged - charged)


def tidy(video: Video) -> None:
    """Deletes what workers left that were killed between storing a file and saying so, and what was made before."""
    for row in Rendition.objects.filter(video=video.pk, place=video.place):
        names = set(row.parts.values_list("file", flat=True))
        keeping.delete_others(row.folder, names)
    for known in Video.objects.filter(pk=video.pk, place=video.place).only("place", "storyboard", "thumbnail"):
        keeping.delete_others(known.storage_name("storyboard"), set((known.storyboard or {}).get("sheets", [])))
        keeping.delete_others(known.storage_name("thumbnail"), set(pictures.names(known.thumbnail)))
    if video.blob_id and not Video.objects.filter(blob=video.blob_id, state__in=UNDER_WAY).exists():
        sources.forget(video.blob_id)
