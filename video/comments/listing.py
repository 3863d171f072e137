"""Comments as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from video import addresses
from video.access import Viewer
from video.comments.texts import with_moments
from video.models import CommentLike, Video, VideoComment
from video.watching.places import Place, piece

PAGE: Final = 20
FIRST_REPLIES: Final = 3
REPLIES: Final = 50
ORDERS: Final = {"new": "created", "top": "likes"}

State = VideoComment.State


@dataclass(slots=True)
class Said:
    """``html`` with moments as links; ``hidden``: the place alone of what is not for this viewer; ``to``: whom it answers within its thread;
    ``more`` answers that are not among ``below``."""

    row: VideoComment
    html: str
    liked: bool = False
    mine: bool = False
    hidden: bool = False
    by_owner: bool = False
    to: VideoComment | None = None
    below: "list[Said]" = field(default_factory=list)
    more: int = 0

    @property
    def held(self) -> bool:
        return self.row.state == State.HELD

    @property
    def removed(self) -> bool:
        return self.row.state == State.REMOVED


def page(video: Video, viewer: Viewer, order: str, after: Place | None = None) -> tuple[list[Said], str]:
    """Comments that begin threads, each with the first answers; and where the next piece begins. Raises Invalid for a foreign place."""
    heads, further = piece(_heads(video, viewer), ORDERS[order], PAGE, after)
    answers = told(video, viewer).filter(thread__in=[row.pk for row in heads])
    first = answers.annotate(
        nth=Window(RowNumber(), partition_by=F("thread"), order_by=[F("created"), F("pk")])
    ).filter(nth__lte=FIRST_REPLIES + 1)
    below: dict[int | None, list[VideoComment]] = {}
    for row in first.order_by("created", "pk"):
        below.setdefault(row.thread_id, []).append(row)
    rows = [*heads, *(row for some in below.values() for row in some[:FIRST_REPLIES])]
    shown = _shown(video, viewer, rows)
    for head in heads:
        some = below.get(head.pk, [])
        shown[head.pk].below = [shown[row.pk] for row in some[:FIRST_REPLIES]]
        shown[head.pk].more = max(0, head.replies - FIRST_REPLIES) if len(some) > FIRST_REPLIES else 0
    return [shown[row.pk] for row in heads], further


def thread(video: Video, viewer: Viewer, row: VideoComment, after: Place | None = None) -> tuple[Said, str]:
    """The whole thread in which ``row`` stands, in pieces, oldest first."""
    head = row.thread or row
    answers = told(video, viewer).filter(thread=head.pk)
    some, further = piece(answers, "created", REPLIES, after, down=False)
    shown = _shown(video, viewer, [head, *some])
    shown[head.pk].below = [shown[one.pk] for one in some]
    return shown[head.pk], further


def alone(video: Video, viewer: Viewer, public_id: str) -> Said | None:
    """One comment by itself; None if it is not there for this viewer."""
    row = told(video, viewer).filter(public_id=public_id).first()
    return None if row is None else _shown(video, viewer, [row])[row.pk]


def told(video: Video, viewer: Viewer) -> "QuerySet[VideoComment]":
    """To this viewer: what is shown, and what waits of their own or for the owner."""
    return _with_authors(video).filter(_for(video, viewer))


def _heads(video: Video, viewer: Viewer) -> "QuerySet[VideoComment]":
    """Those that begin threads, and places of others that have answers."""
    places = Q(state__in=(State.REMOVED, State.HELD), replies__gt=0)
    return _with_authors(video).filter(_for(video, viewer) | places, thread=None)


def _for(video: Video, viewer: Viewer) -> Q:
    there, waits = Q(state=State.SHOWN), Q(state=State.HELD)
    if viewer.is_authenticated:
        there |= waits if viewer.pk == video.owner_id else waits & Q(author=viewer.pk)
    return there


def _with_authors(video: Video) -> "QuerySet[VideoComment]":
    return VideoComment.objects.filter(video=video.pk).select_related("author", "answers__author", "thread__author")


def _shown(video: Video, viewer: Viewer, rows: Sequence[VideoComment]) -> dict[int, Said]:
    keys = [row.pk for row in rows]
    mine = viewer.pk if viewer.is_authenticated else None
    liked = (
        set(CommentLike.objects.filter(user=mine, comment__in=keys).values_list("comment", flat=True))
        if mine
        else set()
    )
    address = addresses.watch(video)
    shown = {}
    for row in rows:
        row.video = video
        own = mine is not None and row.author_id == mine
        hidden = row.state == State.REMOVED or (row.state == State.HELD and not own and mine != video.owner_id)
        html = "" if hidden else with_moments(row.html, address, video.duration)
        shown[row.pk] = Said(
            row, html, liked=row.pk in liked, mine=own, hidden=hidden,
            by_owner=row.author_id == video.owner_id, to=row.answers if row.answers_id not in (None, row.thread_id) else None,
        )  # fmt: skip
    return shown
