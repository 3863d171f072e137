"""How far a video is, and how long it will take: from what its steps have taken so far, or unknown."""

import uuid
from typing import Any, Final

from django.db.models import F, Sum
from django.utils import timezone

from video.models import Step, Video

UNDER_WAY: Final = (Video.State.WAITING, Video.State.MAKING)
KNOWN_FROM: Final = 0.02
"""Of the whole; before that an estimate would be a guess."""


def note(video: uuid.UUID, place: uuid.UUID) -> None:
    """Writes both into the video's row."""
    done, left = measured(video, place)
    rows = Video.objects.filter(pk=video, place=place, state=Video.State.MAKING)
    rows.update(progress=done, estimate=left)


def measured(video: uuid.UUID, place: uuid.UUID) -> tuple[float, float | None]:
    """Share that is done, and seconds left at the present pace (None: not known)."""
    steps = Step.objects.filter(video=video, place=place)
    sums = steps.aggregate(whole=Sum("weight"), done=Sum(F("weight") * F("progress")))
    whole, done = sums["whole"] or 0.0, sums["done"] or 0.0
    if not whole:
        return 0.0, None
    share = min(1.0, done / whole)
    now = timezone.now()
    running = steps.filter(state=Step.State.RUNNING).values_list("started", "heard", "weight", "progress")
    finished = steps.filter(state=Step.State.DONE).aggregate(took=Sum("seconds"), weight=Sum("weight"))
    took, made = finished["took"] or 0.0, finished["weight"] or 0.0
    at_once = 0
    for started, _heard, weight, progress in running:
        at_once += 1
        took += max(0.0, (now - started).total_seconds()) if started else 0.0
        made += weight * progress
    if share < KNOWN_FROM or not took or not made or not at_once:
        return share, None
    return share, round((whole - done) / (made / took) / at_once, 1)


def state(video: Video) -> dict[str, Any]:
    """What a page that waits for a video is told."""
    renditions = [
        {"name": row.name, "kind": row.kind, "height": row.height, "ended": row.ended}
        for row in video.renditions.all()
        if row.place == video.place
    ]
    return {**told(video), "renditions": renditions}


def told(video: Video) -> dict[str, Any]:
    """Of it, what the video's row alone says."""
    from video.making import refusals

    return {
        "slug": video.slug, "state": video.state, "words": video.get_state_display(), "progress": round(video.progress, 4), "estimate": video.estimate,
        "playable": video.playable is not None, "published": video.published is not None,
        "error": refusals.sentence(video.error) if video.error else "", "code": video.error,
    }  # fmt: skip
