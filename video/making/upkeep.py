"""What no step and no request does: steps of dead workers are asked for anew, checked contents go on, full disks and lost storages are tried again, what lay in
the trash long enough is deleted. Safe in many processes at once.
"""

import contextlib
import datetime
import logging
import shutil
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from meatlizard.errors import Invalid
from video import removing
from video.making import actions, ending, sources, steps
from video.making.progress import UNDER_WAY
from video.models import Step, Video

log = logging.getLogger(__name__)

ASKED_IN_VAIN: Final = datetime.timedelta(hours=6)
"""A job that nobody has begun by then may be gone; another one does no harm."""

DRAFTS: Final = datetime.timedelta(days=7)
"""A draft without content that nobody has changed since goes."""

AWAY: Final = datetime.timedelta(minutes=10)
"""Between two tries while the storage does not answer."""

ROOM: Final = 2 << 30
AT_ONCE: Final = 50


def all_of_it() -> None:
    take_back()
    go_on()
    try_full_disks()
    try_storage()
    removing.empty_trash()
    forget_drafts()
    give_up_fetches()
    sources.sweep()


def take_back() -> int:
    """Steps whose worker is gone; how many. One that ends its workers again and again fails the video."""
    count = 0
    late = Step.objects.filter(
        state=Step.State.RUNNING, heard__lt=steps.stale(), video__place=F("place"), video__state__in=UNDER_WAY
    )
    for step in late.select_related("video")[:AT_ONCE]:
        if step.attempts >= steps.MOST_ATTEMPTS:
            actions.fail(step.video, step.place, "worker_lost")
        count += steps.give_back(step, asked=False)
    return count


def go_on() -> int:
    """Asks for steps that nobody has been asked for: after a check, a worker's end, a lost job."""
    Step.objects.filter(state=Step.State.WAITING, asked__lt=timezone.now() - ASKED_IN_VAIN).update(asked=None)
    waiting = Step.objects.filter(state=Step.State.WAITING, asked=None, video__place=F("place")).values("video")
    in_hands = Q(steps__state=Step.State.RUNNING) | Q(steps__state=Step.State.WAITING, steps__asked__isnull=False)
    count = 0
    rows = Video.objects.filter(pk__in=waiting, state__in=UNDER_WAY, trashed=None).exclude(blob__state="checking")
    # Of a long video, steps are always waiting that nobody is asked for yet: those that are in hands ask for them.
    busy = rows.annotate(in_hands=Count("steps", filter=in_hands & Q(steps__place=F("place"))))
    for video in busy.filter(in_hands__lt=steps.AT_ONCE).defer("plan", "facts").order_by("created")[:AT_ONCE]:
        with transaction.atomic():
            count += steps.ask(video)
    for video in Video.objects.filter(state=Video.State.MAKING, trashed=None).exclude(
        pk__in=Step.objects.exclude(state=Step.State.DONE).filter(video__place=F("place")).values("video")
    )[:AT_ONCE]:
        # Its last worker was killed between the last step and this.
        ending.end_if_all_is_made(video)
    return count


def try_full_disks() -> int:
    """Videos that had no room go on when there is some."""
    failed = Video.objects.filter(state=Video.State.FAILED, error="disk_full", trashed=None, blob__isnull=False)
    rows = list(failed.order_by("created")[:AT_ONCE])
    free = _free() if rows else 0
    count = 0
    for video in rows:
        free -= video.original_size
        if free > ROOM:
            with contextlib.suppress(Invalid):
                count += actions.retry(video)
    return count


def try_storage() -> int:
    """Videos whose storage was away go on where they were; if it still is, they fail once more and wait as long again."""
    failed = Video.objects.filter(
        state=Video.State.FAILED, error="storage_unreachable", trashed=None, blob__isnull=False
    )
    return sum(actions.retry(video) for video in failed.filter(changed__lt=timezone.now() - AWAY)[:AT_ONCE])


def _free() -> int:
    folders = [folder for folder in (settings.MAKING_DIR, settings.MEDIA_ROOT) if folder.is_dir()]
    return min((shutil.disk_usage(folder).free for folder in folders), default=0)


def forget_drafts() -> int:
    """Drafts for which nothing has come."""
    old = timezone.now() - DRAFTS
    rows = Video.objects.filter(state__in=(Video.State.DRAFT, Video.State.UPLOADING), blob=None, changed__lt=old)
    return sum(removing.remove(video) for video in rows[:AT_ONCE])


def give_up_fetches() -> int:
    """Of other sites, whose worker is gone and whose job as well; while one is fetched, its row changes every second."""
    old = timezone.now() - ASKED_IN_VAIN
    rows = Video.objects.filter(state=Video.State.FETCHING, changed__lt=old)[:AT_ONCE]
    return sum(actions.fail(video, video.place, "not_fetched") for video in rows)
