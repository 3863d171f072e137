"""Parts of videos in backups: what has an original can be made anew."""

import logging
from collections.abc import Callable

from django.core.files.storage import default_storage

from meatlizard.errors import Invalid
from video.making import actions
from video.models import Rendition, Video

log = logging.getLogger(__name__)


def derived() -> Callable[[str], bool]:
    """Tells the files of renditions by their names; pictures and captions are small and stay."""
    made = Rendition.objects.filter(video__blob__isnull=False, video__state=Video.State.READY)
    folders = {rendition.folder for rendition in made.only("video", "place", "name").iterator()}
    return lambda name: name.rpartition("/")[0] in folders


def make() -> int:
    """Has videos made of which a part is not there; how many."""
    count = 0
    for video in Video.objects.filter(state=Video.State.READY, blob__isnull=False, trashed=None):
        first = next((part for row in video.renditions.all() for part in row.parts.all()[:1]), None)
        if first is None or default_storage.exists(first.storage_name):
            continue
        try:
            actions.make_anew(video)
        except Invalid:
            log.warning("video.not_made_anew", extra={"video": str(video.pk)})
            continue
        count += 1
    return count
