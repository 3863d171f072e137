"""Where a file to keep is, for one viewer and some hours."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from video.access import Viewer
from video.addresses import download
from video.models import Video
from video.serving import tokens

_APART: Final = re.compile(r"[\x00-\x1f\x7f/\\]+")


def file(video: Video, viewer: Viewer, rendition: str, unlocked: Collection[str] = frozenset()) -> str:
    token = tokens.issue(video, viewer, unlocked, personal=True)
    return download(video, rendition, token, quote(name(video, rendition), safe=""))


def ending(rendition: str) -> str:
    """Sound alone is none of what players of films open."""
    return "m4a" if rendition.startswith(("audio", "surround")) else "mp4"


def name(video: Video, rendition: str) -> str:
    """Under which it is saved."""
    whole = (
        video.original_name
        if rendition == "original"
        else f"{video.title or video.slug} ({rendition}).{ending(rendition)}"
    )
    return _APART.sub(" ", whole).strip(" .") or f"{video.slug}.mp4"
