"""Steps change hands: asked for, taken, kept alive, done, given back. Every write of who has one is conditional on its epoch."""

import datetime
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from video.making import progress
from video.models import Step, Video

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Steps of one video for which jobs are asked at a time. The others are asked for as these end, so that a video that comes later and is
short need not wait behind all of a long one."""

BEAT_SECONDS: Final = 2.0
MOST_ATTEMPTS: Final = 5
"""Of one step, with those that ended with their worker."""

MOST_PRIORITY: Final = 60
FIRST: Final = 30
"""Head start of what makes a video playable."""

EARLY = (Step.Kind.PROBE, Step.Kind.LOWEST, Step.Kind.AUDIO)


_WANTED: Final = Exists(
    Video.objects.filter(
        pk=OuterRef("video"), place=OuterRef("place"), state__in=progress.UNDER_WAY, trashed__isnull=True
    )
)
"""Of updates. By a join PostgreSQL would look at the step as it was before another worker took it, and give it to both."""


class Lost(Exception):
    """Another worker has this step now, or the video is not being made any more: nothing of what was made here counts."""


def priority_of(video: Video, kind: str) -> int:
    """In minutes of waiting: short videos pass long ones, and none waits for ever. Not known yet how long it is: as a short one."""
    minutes = (video.duration or 0) / 60
    return max(0, MOST_PRIORITY - round(minutes)) + (FIRST if kind in EARLY else 0)


def ask(video: Video) -> int:
    """Has jobs made for the next steps; how many. Within the caller's transaction."""
    from video.making.jobs import do_step

    rows = Step.objects.filter(video=video.pk, place=video.place)
    asked = rows.filter(Q(state=Step.State.RUNNING) | Q(state=Step.State.WAITING, asked__isnull=False)).count()
    count = 0
    for step in rows.filter(state=Step.State.WAITING, asked=None).order_by("order")[: max(0, AT_ONCE - asked)]:
        if Step.objects.filter(pk=step.pk, state=Step.State.WAITING, asked=None).update(asked=timezone.now()):
            do_step.using(priority=priority_of(video, step.kind)).enqueue(step.pk)
            count += 1
    return count


def stale() -> datetime.datetime:
    """Who was last heard of before that is gone."""
    return timezone.now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)


def take(step: int, job: str) -> Step | None:
    """For the job's worker; None when there is nothing to do. A job that comes again has lost its worker, and with it the step."""
    now = timezone.now()
    free = Q(state=Step.State.WAITING) | Q(state=Step.State.RUNNING) & (Q(job=job) | Q(heard__lt=stale()))
    if not Step.objects.filter(_WANTED, free, pk=step).update(
        state=Step.State.RUNNING,
        job=job,
        epoch=F("epoch") + 1,
        attempts=F("attempts") + 1,
        progress=0,
        started=now,
        heard=now,
    ):
        return None
    return Step.objects.select_related("video", "video__blob").get(pk=step)


class Holder:
    """Who has taken a step, while it is done. To be called from the one thread that does it."""

    def __init__(self, step: Step, folder: Path | None = None) -> None:
        self.step, self.folder = step, folder
        self.lost = False
        self._done, self._at = 0.0, time.monotonic()

    def progress(self, done: float) -> None:
        """``done``: from 0 to 1."""
        self._done = min(1.0, max(self._done, done))
        self._beat()

    def stop(self) -> bool:
        """Whether there is no use in going on."""
        self._beat()
        return self.lost

    def check(self) -> None:
        """Raises Lost."""
        self._at = 0.0
        if self.stop():
            raise Lost

    def _beat(self) -> None:
        if self.lost or time.monotonic() - self._at < BEAT_SECONDS:
            return
        self._at = time.monotonic()
        try:
            if self.folder is not None:
                os.utime(self.folder)
            self.lost = not _mine(self.step).update(heard=timezone.now(), progress=self._done)
            if not self.lost:
                progress.note(self.step.video_id, self.step.place)
        except DatabaseError:
            # The lease tells in time whether that mattered.
            log.warning("video.step_not_noted", exc_info=True)


def _mine(step: Step) -> "QuerySet[Step]":
    return Step.objects.filter(_WANTED, pk=step.pk, epoch=step.epoch, state=Step.State.RUNNING)


def done(step: Step, keep: Callable[[Video], None]) -> None:
    """``keep`` writes what was made, in the transaction that says so. Raises Lost, and then nothing is written."""
    with transaction.atomic():
        # One after the other for each video: sums over its parts are right, and nobody waits in a circle.
        video = (
            Video.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=step.video_id, place=step.place)
            .first()
        )
        took = (timezone.now() - step.started).total_seconds() if step.started else None
        if video is None or not _mine(step).update(
            state=Step.State.DONE, progress=1, heard=timezone.now(), seconds=took
        ):
            raise Lost
        keep(video)
        ask(video)
    progress.note(step.video_id, step.place)


def give_back(step: Step, *, asked: bool) -> bool:
    """It is to be done again: by the same job, which comes again (``asked``), or when somebody asks for it. Whether it was still ours."""
    changes = {} if asked else {"asked": None}
    mine = Step.objects.filter(pk=step.pk, epoch=step.epoch, state=Step.State.RUNNING)
    return bool(mine.update(state=Step.State.WAITING, progress=0, **changes))


def plan(video: Video, rows: list[Step]) -> None:
    """Within the caller's transaction."""
    Step.objects.bulk_create(rows)


def first(video: Video) -> Step:
    """The step with which each making begins."""
    return Step(video=video, place=video.place, kind=Step.Kind.PROBE, order=0, weight=0)
