"""Background work of imports."""

import logging
import uuid

from django_tasks import task

from video.importing import QUEUE

log = logging.getLogger(__name__)


@task(queue_name=QUEUE)
def bring(video: str) -> None:
    """Fetches the video of another site; nothing where it is not wanted any more."""
    from video.importing import bringing

    bringing.bring(uuid.UUID(video))
