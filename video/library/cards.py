"""Videos as they stand in lists: all that a row shows, with no query of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from video.library import addresses, slots, spans
from video.models import Video


@dataclass(frozen=True, slots=True)
class Card:
    """``sign`` says of those that not everybody sees why."""

    video: Video
    address: str
    picture: str
    clock: str
    facts: dict[str, Any]

    @property
    def title(self) -> str:
        return self.video.title or _("A video without a title")

    @property
    def sign(self) -> str:
        return "" if self.video.privacy == Video.Privacy.PUBLIC else str(SIGNS[self.video.privacy]())


SIGNS = {
    Video.Privacy.UNLISTED: lambda: _("Unlisted"), Video.Privacy.PRIVATE: lambda: _("Private"), Video.Privacy.PASSWORD: lambda: _("Password"),
    Video.Privacy.PEOPLE: lambda: _("People"), Video.Privacy.PUBLIC: lambda: _("Public"),
}  # fmt: skip


def cards(request: HttpRequest, videos: Iterable[Video]) -> Sequence[Card]:
    rows = list(videos)
    known = slots.facts(request, rows)
    return [
        Card(row, addresses.page(row), addresses.picture(row), spans.clock(row.duration), known[row.pk]) for row in rows
    ]
