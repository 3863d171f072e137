"""The door to comments: behind that to their video."""

from django.utils.translation import gettext

from meatlizard.errors import NotFound
from video.access import Viewer
from video.comments.listing import told
from video.models import Video, VideoComment


def access_comment(viewer: Viewer, video: Video, public_id: str) -> VideoComment:
    """One that the viewer sees at this video, for which they were let through already. Not the place of one that was removed, or waits."""
    row = told(video, viewer).filter(public_id=public_id.replace("\x00", "")).first()
    if row is None:
        raise NotFound(gettext("There is no such comment."), code="no_such_comment")
    row.video = video
    return row
