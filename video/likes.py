"""Who likes which video; ``Video.likes`` is exactly how many."""

from django.db import transaction
from django.db.models import F, QuerySet

from meatlizard.accounts.models import User
from video.models import Video, VideoLike
from video.reachable import reachable


def like(user: User, video: Video, wanted: bool) -> int:
    """Sets or takes back; the number after it. The same again changes nothing."""
    with transaction.atomic():
        # The line to stand in: a like that another click takes back while this one sets it would be neither made nor found.
        Video.objects.select_for_update(no_key=True, of=("self",)).filter(pk=video.pk).first()
        mine = VideoLike.objects.filter(video=video.pk, user=user.pk)
        if not wanted and mine.delete()[0]:
            Video.objects.filter(pk=video.pk, likes__gt=0).update(likes=F("likes") - 1)
        elif wanted and VideoLike.objects.get_or_create(video=video, user=user)[1]:
            Video.objects.filter(pk=video.pk).update(likes=F("likes") + 1)
        return Video.objects.values_list("likes", flat=True).get(pk=video.pk)


def likes(user: User, video: Video) -> bool:
    return VideoLike.objects.filter(video=video.pk, user=user.pk).exists()


def liked_by(user: User) -> "QuerySet[VideoLike]":
    """Newest first, of videos that they may still watch."""
    rows = VideoLike.objects.filter(user=user.pk, video__in=reachable(user).values("pk"))
    return rows.select_related("video__owner", "video__channel").order_by("-created", "-pk")
