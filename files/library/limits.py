"""How far a library may grow in each direction."""

from datetime import timedelta

from django.conf import settings

MAX_DEPTH = 32
"""Folders within each other."""

MAX_FOLDERS = 10_000
"""Of one person, those in the trash among them."""

MAX_BESIDE = 2_000
"""Folders directly in one folder."""

MAX_ITEMS = 10_000
"""Files and folders that one request names, and files that one copy makes."""

MAX_TAGS = 500
"""Different ones of one person."""

MAX_TAGS_EACH = 30


def retention() -> timedelta:
    """How long the trash keeps."""
    return timedelta(days=settings.FILES_TRASH_DAYS)
