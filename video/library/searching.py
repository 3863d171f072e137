"""Searching videos by words, also those that are said in them, and by what they are. Each finds what :func:`video.access.visible` lets them find, and learns of nothing else."""

import datetime
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.search.any_word import words
from video import access
from video.library.spoken import Moment, moments
from video.library.words import SAID, WORDS
from video.models import Captions, Video

LONGEST: Final = 200
MOST_PAGES: Final = 40
MOST_WEIGHED: Final = 5_000
"""Finds of which the best come first; older ones of more than that stand behind them all."""

ORDERS: Final = {"fit": _("Best match"), "new": _("Newest"), "views": _("Most viewed")}
LENGTHS: Final = {"short": _("Under 4 minutes"), "medium": _("4 to 20 minutes"), "long": _("Over 20 minutes")}
AGES: Final = {"day": _("Last day"), "week": _("Last week"), "month": _("Last month"), "year": _("Last year")}
_DAYS: Final = {"day": 1, "week": 7, "month": 31, "year": 366}
_SECONDS: Final = {
    "short": Q(duration__lt=240), "medium": Q(duration__gte=240, duration__lte=1_200), "long": Q(duration__gt=1_200),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for; what is empty leaves open."""

    query: str = ""
    category: str = ""
    length: str = ""
    age: str = ""
    order: str = "fit"

    @classmethod
    def read(cls, query: str = "", category: str = "", length: str = "", age: str = "", order: str = "") -> "Wish":
        clean = " ".join(query.replace("\x00", "").split())[:LONGEST]
        return cls(
            clean, category.replace("\x00", "")[:40], length if length in LENGTHS else "", age if age in AGES else "",
            order if order in ORDERS else "fit",
        )  # fmt: skip

    @property
    def words(self) -> list[str]:
        return words(self.query, shortest=1)

    @property
    def beginning(self) -> str:
        """The word that may still be being typed."""
        last = self.query.lower().rpartition(" ")[2]
        return next((word for word in self.words if last.endswith(word)), "")

    def __bool__(self) -> bool:
        return bool(self.words or self.category or self.length or self.age)


@dataclass(frozen=True, slots=True)
class Found:
    """``said``: of those in which the words are said, where."""

    videos: list[Video]
    total: int
    page: int
    pages: int
    said: dict[UUID, Moment] = field(default_factory=dict)


def find(viewer: access.Viewer, wish: Wish, page: int = 1, size: int = 24) -> Found:
    """As many queries for many finds as for few."""
    if not wish:
        return Found([], 0, 1, 1)
    rows = access.visible(viewer).filter(published__isnull=False)
    if wish.category:
        rows = rows.filter(category__slug=wish.category)
    if wish.length:
        rows = rows.filter(_SECONDS[wish.length])
    if wish.age:
        rows = rows.filter(published__gte=timezone.now() - datetime.timedelta(days=_DAYS[wish.age]))
    if wish.words:
        said = Captions.objects.filter(state=Captions.State.READY, words__in=SAID.keys(wish.words, wish.beginning))
        about = Q(words__in=WORDS.keys(wish.words, wish.beginning))
        rows = rows.filter(about | Q(pk__in=said.order_by().values("video")))
    total = rows.count()
    pages = min(MOST_PAGES, max(1, -(-total // size)))
    page = min(max(1, page), pages)
    shown = _ordered(rows, wish, (page - 1) * size, page * size)
    by_key = access.visible(viewer).in_bulk(shown)
    videos = [by_key[key] for key in shown if key in by_key]
    return Found(videos, total, page, pages, moments(by_key, wish.words, wish.beginning) if wish.words else {})


def _ordered(rows: "QuerySet[Video]", wish: Wish, first: int, end: int) -> list[UUID]:
    """Of those that fit as well the newest first; what is merely said in a video fits least."""
    if wish.order == "views":
        return [*rows.order_by("-views", "-published", "-pk").values_list("pk", flat=True)[first:end]]
    newest = rows.order_by("-published", "-pk")
    if wish.order == "new" or not wish.words:
        return [*newest.values_list("pk", flat=True)[first:end]]
    weights = WORDS.weights(wish.words, wish.beginning)
    weighed = sorted(newest.values_list("pk", "words")[:MOST_WEIGHED], key=lambda row: -weights.get(row[1], 0.0))
    return [row[0] for row in weighed[first:end]]
