"""The texts that belong to a stream. Whoever has them registers where they are found."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from video.hls.playlists import Caption
from video.models import Video

Lister: TypeAlias = Callable[[Video], Sequence[Caption]]
Writer: TypeAlias = Callable[[Video, str], str]

_sources: list[tuple[Lister, Writer]] = []


def register(lister: Lister, writer: Writer) -> None:
    """To be called when the app is ready. ``lister``: those that a viewer chooses from; ``writer``: WebVTT by the key; raises NotFound."""
    if (lister, writer) not in _sources:
        _sources.append((lister, writer))


def of(video: Video) -> list[Caption]:
    return [one for lister, _writer in _sources for one in lister(video)]


def find(video: Video, key: str) -> Caption | None:
    return next((one for one in of(video) if one.key == key), None)


def text(video: Video, key: str) -> str | None:
    """WebVTT; None where there is no such caption."""
    for lister, writer in _sources:
        if any(one.key == key for one in lister(video)):
            return writer(video, key)
    return None
