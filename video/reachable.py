"""Which of the videos that somebody has put aside they may still watch: the same rights as :func:`video.access.watch`, for many at once."""

from django.db.models import Q, QuerySet

from meatlizard.accounts.access import at_large
from video.access import Viewer
from video.models import Video


def reachable(viewer: Viewer) -> "QuerySet[Video]":
    """By address and without a password: more than a list for everybody shows, since unlisted ones are among them."""
    rows = Video.objects.present().select_related("owner", "channel")
    there = Q(playable__isnull=False, published__isnull=False) & at_large("owner__")
    open_to_all = there & Q(privacy__in=(Video.Privacy.PUBLIC, Video.Privacy.UNLISTED))
    if not viewer.is_authenticated:
        return rows.filter(open_to_all)
    named = Video.objects.filter(shown_to__user=viewer.pk).values("pk")
    return rows.filter(open_to_all | Q(owner=viewer.pk) | (there & Q(privacy=Video.Privacy.PEOPLE, pk__in=named)))
