"""How much may be attached. The largest file is the operator's to say: ``ATTACHMENT_MAX_BYTES``."""

import datetime

from django.conf import settings

MAX_FILES = 10
"""Of one message."""

MAX_MESSAGE_TEXT = 200_000
"""Characters that the documents of one message have together."""

MAX_WAITING = 100
"""Files of one person that no message has yet."""

UNSENT = datetime.timedelta(hours=24)
"""How long a file waits for a message that has it."""

COMING = datetime.timedelta(hours=1)
"""After which a file that is still on its way never comes: the process that took it was killed."""

IMAGE_TOKENS = 1_000
"""Set aside for looking at an image, before a model has counted: engines take 250 to 3,000."""


def most_attached() -> dict[str, int | bool]:
    """What a page should know before it sends anything."""
    return {
        "bytes": settings.ATTACHMENT_MAX_BYTES,
        "files": MAX_FILES,
        "text": MAX_MESSAGE_TEXT,
        "links": settings.FETCH_LINKS,
    }
