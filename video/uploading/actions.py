"""Verbs that begin videos."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from files.access import access_file
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from video import actions
from video.making import actions as making
from video.models import Video


def taken(media_type: str) -> bool:
    """Whether something to be watched, or heard, is made of such files."""
    return media_type.startswith("video/") or (settings.VIDEO_AUDIO_UPLOADS and media_type.startswith("audio/"))


def of_file(user: User, file: Any) -> Video:
    """A video of what lies in one's files; it counts by itself, since the file may go. Raises Invalid, NotFound, StorageFull, LimitReached."""
    row = access_file(user, file)
    if row.trashed is not None or not taken(row.media_type):
        raise Invalid(_("Of this file no video can be made."), code="no_video")
    with transaction.atomic():
        video = actions.draft(user, title=making.title_of(row.name))
        making.begin(video, row.blob, row.name)
    return video
