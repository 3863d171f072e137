"""Videos as they stand in lists: all that a row shows, with no query of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from video.library import addresses, slots, spans
from video.library.spoken import Moment
from video.models import Video

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SIGNS: Final[dict[str, "StrOrPromise"]] = {
    "public": gettext_lazy("Public"), "unlisted": gettext_lazy("Unlisted"), "private": gettext_lazy("Private"), "password": gettext_lazy("Password"), "people": gettext_lazy("People"),
}  # fmt: skip
"""Who sees a video, in a word."""


@dataclass(frozen=True, slots=True)
class Card:
    """``sign`` says of those that not everybody sees why; ``said``: where what was sought is said in it."""

    video: Video
    address: str
    picture: str
    clock: str
    facts: dict[str, Any]
    said: Moment | None = None

    @property
    def title(self) -> str:
        return self.video.title or gettext("A video without a title")

    @property
    def sign(self) -> str:
        return "" if self.video.privacy == Video.Privacy.PUBLIC else str(SIGNS[self.video.privacy])


def cards(request: HttpRequest, videos: Iterable[Video], said: Mapping[UUID, Moment] | None = None) -> Sequence[Card]:
    rows = list(videos)
    known, said = slots.facts(request, rows), said or {}
    return [
        Card(row, addresses.watch(row), addresses.picture(row), spans.clock(row.duration), known[row.pk], said.get(row.pk)) for row in rows
    ]  # fmt: skip
