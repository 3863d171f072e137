"""Addresses of what is played, for whoever shows a player."""

from collections.abc import Collection
from typing import Final

from video.access import Viewer
from video.addresses import stream
from video.models import Video
from video.serving import tokens

MASTER: Final = "master"


def public(video: Video) -> str:
    """Of one that everybody may watch: it needs no token of one's own, and does not expire."""
    return f"{stream(video, tokens.PUBLIC)}/{MASTER}.m3u8"


class Stream:
    """The addresses of one video for one viewer who may watch it; ``unlocked``: proofs of passwords that they gave."""

    def __init__(self, video: Video, viewer: Viewer, unlocked: Collection[str] = frozenset()) -> None:
        self._base = stream(video, tokens.issue(video, viewer, unlocked))

    @property
    def master(self) -> str:
        return f"{self._base}/{MASTER}.m3u8"

    @property
    def storyboard(self) -> str:
        return f"{self._base}/storyboard.vtt"

    def caption(self, key: str) -> str:
        """WebVTT."""
        return f"{self._base}/captions/{key}.vtt"
