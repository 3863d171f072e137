"""What others say to somebody: at their videos, and in answer to them."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from meatlizard.accounts.models import User
from video.models import CommentBlock, Video, VideoComment, WatchChoice
from video.reachable import reachable

State = VideoComment.State


def said_to(user: User) -> "QuerySet[VideoComment]":
    """Not what they said themselves, and not at videos that they may not watch any more."""
    at_theirs = Q(
        video__owner=user.pk, video__in=Video.objects.present().values("pk"), state__in=(State.SHOWN, State.HELD)
    )
    in_answer = Q(answers__author=user.pk, state=State.SHOWN, video__in=reachable(user).values("pk"))
    rows = VideoComment.objects.filter(at_theirs | in_answer).exclude(author=user.pk)
    return rows.select_related("author", "video__owner", "answers")


def held(user: User) -> "QuerySet[VideoComment]":
    """What waits for them."""
    return said_to(user).filter(state=State.HELD, video__owner=user.pk)


def unseen(user: User) -> int:
    """How many came since they looked; a hundred stands for more."""
    since = WatchChoice.objects.filter(user=user.pk).values_list("said_seen", flat=True).first()
    rows = said_to(user)
    rows = rows.filter(created__gt=since) if since is not None else rows
    return len(rows.order_by().values("pk")[:100])


def mark_seen(user: User) -> None:
    WatchChoice.objects.update_or_create(user=user, defaults={"said_seen": timezone.now()})


def blocked(user: User) -> "QuerySet[CommentBlock]":
    return CommentBlock.objects.filter(owner=user.pk).select_related("person").order_by("person__username")
