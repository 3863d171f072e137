"""Videos of somebody's lists, as a line each shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from video import addresses
from video.models import Video, VideoLike, Watched


@dataclass(frozen=True, slots=True)
class Row:
    """``part``: per cent that were watched, nought where that is not said."""

    video: Video
    picture: str
    part: int = 0


def rows(found: Iterable[Watched | VideoLike]) -> list[Row]:
    return [Row(row.video, addresses.picture(row.video), _part(row)) for row in found]


def _part(row: Watched | VideoLike) -> int:
    if not isinstance(row, Watched):
        return 0
    return 100 if row.finished else round(100 * row.position / row.video.duration) if row.video.duration else 0
