"""Videos as they stand in lists: all that a row shows, with no query of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from video.library import addresses, slots, spans
from video.models import Video

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SIGNS: Final[dict[str, "StrOrPromise"]] = {
    "public": gettext_lazy("Public"), "unlisted": gettext_lazy("Unlisted"), "private": gettext_lazy("Private"), "password": gettext_lazy("Password"), "people": gettext_lazy("People"),
}  # fmt: skip
"""Who sees a video, in a word."""


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
        return self.video.title or gettext("A video without a title")

    @property
    def sign(self) -> str:
        return "" if self.video.privacy == Video.Privacy.PUBLIC else str(SIGNS[self.video.privacy])


def cards(request: HttpRequest, videos: Iterable[Video]) -> Sequence[Card]:
    rows = list(videos)
    known = slots.facts(request, rows)
    return [
        Card(row, addresses.page(row), addresses.picture(row), spans.clock(row.duration), known[row.pk]) for row in rows
    ]
