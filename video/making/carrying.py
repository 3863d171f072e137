"""All videos of a person on their way out, for the archive of the account."""

import json
from collections.abc import Iterator
from typing import IO

from files.blobs import reading
from files.blobs.trouble import Gone, Unreachable
from files.names import clean
from meatlizard.accounts.models import User
from video.models import Video

PIECE = 1 << 20


def of(user: User) -> Iterator[tuple[str, bytes | Iterator[bytes]]]:
    """Below ``videos/`` the originals that are kept, and in ``videos.json`` what its owner said of each and how it fared. What was made of them
    is the site's, and can be downloaded one by one."""
    facts = []
    for key in list(Video.objects.filter(owner=user.pk).order_by("created").values_list("pk", flat=True)):
        video = Video.objects.select_related("blob", "channel", "category").filter(pk=key, owner=user.pk).first()
        if video is None:
            continue
        content = _content(video)
        path = f"videos/{video.pk.hex[:8]} {clean(video.original_name or 'video')}" if content is not None else None
        facts.append(_facts(video, path))
        if content is not None and path is not None:
            yield path, _pieces(content)
    if facts:
        yield "videos/videos.json", json.dumps(facts, ensure_ascii=False, indent=1).encode()


def _content(video: Video) -> IO[bytes] | None:
    """None for what cannot be had: that takes nothing else from anybody."""
    if video.blob is None or not video.blob.readable:
        return None
    try:
        return reading.open(video.blob)
    except (Gone, Unreachable):
        return None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _facts(video: Video, path: str | None) -> dict[str, object]:
    return {
        "path": path, "slug": video.slug, "channel": video.channel.handle, "title": video.title, "description": video.description,
        "tags": list(video.tags.values_list("name", flat=True)), "category": video.category.slug if video.category else "",
        "language": video.language, "privacy": video.privacy, "people": list(video.people.values_list("username", flat=True)),
        "state": video.state, "duration": video.duration, "width": video.width, "height": video.height, "views": video.views, "likes": video.likes,
        "created": video.created.isoformat(), "published": video.published.isoformat() if video.published else None,
        "trashed": video.trashed is not None,
    }  # fmt: skip
