"""What a person has watched, and where they are in it. Nobody else's to see."""

import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from meatlizard.accounts.models import User
from video.models import Video, WatchChoice, Watched
from video.reachable import reachable

MOST: Final = 5_000
"""Videos in one person's history; the oldest go."""

NEAR_THE_END: Final = 0.95
BARELY_BEGUN: Final = 5.0
"""Seconds, before which one begins anew."""


def stand_at(user: User, video: Video, position: float, *, ended: bool, duration: float) -> None:
    """Notes the position, unless the person has paused the history."""
    if is_paused(user):
        return
    facts = {
        "position": round(position, 3), "finished": ended or position >= duration * NEAR_THE_END, "changed": timezone.now(),
    }  # fmt: skip
    rows = Watched.objects.filter(user=user.pk, video=video.pk)
    if rows.update(**facts):
        return
    if Watched.objects.bulk_create([Watched(user=user, video=video, **facts)], ignore_conflicts=True):
        _keep_within(user)


def position_of(user: User, video: Video) -> float:
    """Where to go on, in seconds; nought for who has seen the end, or hardly anything."""
    row = (
        Watched.objects.filter(user=user.pk, video=video.pk, finished=False).values_list("position", flat=True).first()
    )
    return row if row is not None and row >= BARELY_BEGUN else 0.0


def of(user: User) -> "QuerySet[Watched]":
    """Newest first, of videos that they may still watch."""
    there = reachable(user).values("pk")
    return (
        Watched.objects.filter(user=user.pk, video__in=there)
        .select_related("video__owner", "video__channel")
        .order_by("-changed", "-pk")
    )


def continuing(user: User) -> "QuerySet[Watched]":
    """What was begun and not ended, newest first."""
    return of(user).filter(finished=False, position__gte=BARELY_BEGUN)


def remove(user: User, video: Video | None) -> int:
    """One video, or everything; positions go as well."""
    rows = Watched.objects.filter(user=user.pk)
    return (rows if video is None else rows.filter(video=video.pk)).delete()[0]


def is_paused(user: User) -> bool:
    return WatchChoice.objects.filter(user=user.pk, paused=True).exists()


def pause(user: User, paused: bool) -> None:
    WatchChoice.objects.update_or_create(user=user, defaults={"paused": paused})


def _keep_within(user: User) -> None:
    with transaction.atomic():
        after: datetime.datetime | None = (
            Watched.objects.filter(user=user.pk)
            .order_by("-changed")
            .values_list("changed", flat=True)[MOST : MOST + 1]
            .first()
        )
        if after is not None:
            Watched.objects.filter(user=user.pk, changed__lte=after).delete()
