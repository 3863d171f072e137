"""What a person did with videos, for the archive of the account: history, likes, playlists, comments. The videos themselves go beside it."""

import json
from collections.abc import Iterator
from typing import Any

from meatlizard.accounts.models import User
from video.models import Playlist, VideoComment, VideoLike, Watched


def of(user: User) -> Iterator[tuple[str, bytes]]:
    """One file each, and one for each playlist, without titles of videos that are somebody else's."""
    yield "videos/history.json", _json([
        {"video": row.video.slug, "position": row.position, "finished": row.finished, "watched": row.changed.isoformat()}
        for row in Watched.objects.filter(user=user.pk).select_related("video").order_by("changed")
    ])  # fmt: skip
    yield "videos/likes.json", _json([
        {"video": row.video.slug, "liked": row.created.isoformat()}
        for row in VideoLike.objects.filter(user=user.pk).select_related("video").order_by("created")
    ])  # fmt: skip
    yield "videos/comments.json", _json([
        {"video": row.video.slug, "text": row.text, "said": row.created.isoformat(), "edited": row.edited and row.edited.isoformat()}
        for row in VideoComment.objects.filter(author=user.pk).exclude(state="removed").select_related("video").order_by("created")
    ])  # fmt: skip
    for playlist in Playlist.objects.filter(owner=user.pk).order_by("created", "pk"):
        yield f"videos/playlists/{playlist.slug}.json", _json({
            "title": playlist.title, "about": playlist.about, "privacy": playlist.privacy, "created": playlist.created.isoformat(),
            "videos": [item.video.slug for item in playlist.items.select_related("video")],
        })  # fmt: skip


def _json(what: Any) -> bytes:
    return json.dumps(what, ensure_ascii=False, indent=1).encode()
