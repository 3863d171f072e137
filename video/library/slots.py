"""Places of the pages of videos where other parts put something of theirs, without these pages knowing of them.

A part calls :func:`add_slot` when the app is ready. Its template is included with the page's context, and with ``slot``: what its ``read`` said.
On the pages of one video ``video`` stands in the context, and ``mine`` says whether the viewer owns it. In lists ``card`` is one of
:class:`video.library.cards.Card`, and ``card.facts.<name>`` what a reader of :func:`add_facts` said of its video.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from uuid import UUID

from django.http import HttpRequest

if TYPE_CHECKING:
    from video.models import Video

Place: TypeAlias = Literal[
    "home", "tabs", "card", "actions", "beside", "below", "head", "scripts", "channel", "channel_tabs", "studio_top", "studio_row", "edit"
]  # fmt: skip
"""``home``: above the lists of the first page (continue watching); ``tabs``: links among the tabs below ``/videos/`` (history, playlists), each
an ``<li>``; ``card``: over the picture of a video in a list (how far one has watched). Of the watch page: ``actions``: buttons below the title
(like, later, playlist); ``beside``: panels beside the player (the playlist that plays, the transcript); ``below``: below the description (comments);
``head`` and ``scripts``: in its head and at its end. ``channel``: panels of a channel's page (playlists), with ``channel`` in the context;
``channel_tabs``: its tabs. ``studio_top``, ``studio_row``: on ``/videos/mine/``, a row with ``row``; ``edit``: panels of the page where a video is edited
(captions, figures, chapters proposed)."""

PLACES: tuple[Place, ...] = get_args(Place)

Read: TypeAlias = "Callable[[HttpRequest, Video | None], Any]"
Facts: TypeAlias = "Callable[[HttpRequest, Sequence[Video]], Mapping[UUID, Any]]"


@dataclass(frozen=True, slots=True)
class Slot:
    template: str
    order: int
    read: "Read | None"


@dataclass(frozen=True, slots=True)
class Filled:
    """``said`` is None where its part has nothing for this page: it is left out."""

    template: str
    said: Any


_slots: dict[Place, dict[str, Slot]] = {}
_facts: dict[str, Facts] = {}


def add_slot(place: Place, template: str, read: "Read | None" = None, *, order: int = 100) -> None:
    """``read(request, video)``: what the template needs, once for a page, not for each row; None: nothing is to be shown."""
    _slots.setdefault(place, {})[template] = Slot(template, order, read)


def add_facts(name: str, read: Facts) -> None:
    """``read(request, videos)`` answers by the keys of videos, in as few queries for many as for one."""
    _facts[name] = read


def filled(request: HttpRequest, *places: Place, video: "Video | None" = None) -> dict[Place, list[Filled]]:
    """What stands in these places of one page."""
    return {place: [*_filled(request, place, video)] for place in places}


def _filled(request: HttpRequest, place: Place, video: "Video | None") -> list[Filled]:
    found = []
    for slot in sorted(_slots.get(place, {}).values(), key=lambda slot: (slot.order, slot.template)):
        said = slot.read(request, video) if slot.read else {}
        if said is not None:
            found.append(Filled(slot.template, said))
    return found


def facts(request: HttpRequest, videos: "Sequence[Video]") -> dict[UUID, dict[str, Any]]:
    known: dict[UUID, dict[str, Any]] = {row.pk: {} for row in videos}
    for name, read in _facts.items() if videos else ():
        for key, value in read(request, videos).items():
            known[key][name] = value
    return known
