"""What the section below a video needs, wherever it stands."""

from typing import Any, Final

from django.http import HttpRequest

from meatlizard.moderation import rulebook
from video.comments import listing
from video.comments.texts import MAX_LENGTH
from video.models import CommentBlock, Video
from video.watching.places import Place

ORDER: Final = "comments"
"""Of the query: ``?comments=top``."""


def section(
    request: HttpRequest,
    video: Video,
    *,
    order: str = "",
    after: Place | None = None,
    items: list[listing.Said] | None = None,
) -> dict[str, Any]:
    """Context of ``video/comments/_section.html``: ``video``, ``items``, ``after``, ``order``, ``may_say``, ``blocked``, ``is_owner``, ``reports``,
    ``most``."""
    order = order if order in listing.ORDERS else "new"
    viewer = request.user
    if items is None:
        items, further = listing.page(video, viewer, order, after)
    else:
        further = ""
    blocked = viewer.is_authenticated and CommentBlock.objects.filter(owner=video.owner_id, person=viewer.pk).exists()
    open_now = video.comments != Video.Comments.CLOSED
    return {
        "video": video, "items": items, "after": further, "order": order, "blocked": blocked, "open": open_now,
        "may_say": viewer.is_authenticated and open_now and not blocked, "is_owner": viewer.pk == video.owner_id,
        "reports": rulebook.current().reports, "most": MAX_LENGTH,
    }  # fmt: skip


def beside(request: HttpRequest, video: Video | None) -> dict[str, Any] | None:
    """For the place below a video's description."""
    return None if video is None else section(request, video, order=request.GET.get(ORDER, ""))
