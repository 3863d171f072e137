"""Verbs on the making of a video."""

from django.utils import timezone

from video.models import Video


def cancel(video: Video) -> bool:
    """Whether something was under way. What is made of it so far stays."""
    under_way = (Video.State.UPLOADING, Video.State.FETCHING, Video.State.WAITING, Video.State.MAKING)
    return bool(
        Video.objects.filter(pk=video.pk, state__in=under_way).update(
            state=Video.State.CANCELLED, estimate=None, changed=timezone.now()
        )
    )
