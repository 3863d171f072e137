"""Lists of videos: what there is, what was searched for, channels, categories, tags."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited
from video import access
from video.actions import tag_name
from video.library import cards, describing, listing, searching, slots
from video.library.shelves import category_called
from video.models import Video
from video.watching import places

ON_HOME = 8
"""Trending videos of the first page."""

MOST = 48


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """``video/home.html``: what goes on, what is watched much, the newest; further pieces (``after``) hold the newest alone."""
    piece = _piece(request, listing.public(), "published")
    first = not request.GET.get("after")
    context = {
        **piece, "first": first, "trending": cards.cards(request, listing.trending(ON_HOME)) if first else [], "categories": listing.categories(),
        "slots": slots.filled(request, *(("home", "tabs", "card") if first else ("tabs", "card"))), "which": "home",
    }  # fmt: skip
    return render(request, "video/home.html", context)


@require_GET
def trending(request: HttpRequest) -> HttpResponse:
    context = {
        "cards": cards.cards(request, listing.trending(MOST)), "title": _("Trending"), "which": "trending", "categories": listing.categories(),
        "slots": slots.filled(request, "tabs", "card"), "next": "",
    }  # fmt: skip
    return render(request, "video/list.html", context)


@require_GET
@limited("video.search", "120/m", methods=("GET",))
def search(request: HttpRequest) -> HttpResponse:
    """``video/search.html``: ``q``, ``category``, ``length``, ``age``, ``order``, ``page``."""
    asked = {name: request.GET.get(name, "") for name in ("category", "length", "age", "order")}
    wish = searching.Wish.read(request.GET.get("q", ""), **asked)
    number = request.GET.get("page", "1")[:4]
    found = searching.find(request.user, wish, int(number) if number.isascii() and number.isdecimal() else 1)
    context = {
        "wish": wish, "found": found, "cards": cards.cards(request, found.videos, found.said), "categories": listing.categories(), "lengths": searching.LENGTHS,
        "ages": searching.AGES, "orders": searching.ORDERS, "slots": slots.filled(request, "tabs", "card"), "which": "search", "before": found.page - 1, "after": found.page + 1,
    }  # fmt: skip
    return render(request, "video/search.html", context)


@require_GET
def channel(request: HttpRequest, handle: str) -> HttpResponse:
    """``video/channel.html``; ``order=views`` the most viewed first."""
    row = access.channel(handle)
    by = "views" if request.GET.get("order") == "views" else "published"
    rows = listing.of_channel(request.user, row)
    context = {
        **_piece(request, rows, by), "channel": row, "about": describing.rendered(row.about, times=False), "mine": row.owner_id == request.user.pk, "order": by,
        "total": rows.count(), "slots": slots.filled(request, "tabs", "card", "channel", "channel_tabs"), "which": "channel",
    }  # fmt: skip
    return render(request, "video/channel.html", context)


@require_GET
def category(request: HttpRequest, category_slug: str) -> HttpResponse:
    row = category_called(category_slug)
    context = {
        **_piece(request, listing.in_category(row), "published"), "title": _(row.name), "category": row, "categories": listing.categories(),
        "which": "category", "slots": slots.filled(request, "tabs", "card"),
    }  # fmt: skip
    return render(request, "video/list.html", context)


@require_GET
def tag(request: HttpRequest, tag_text: str) -> HttpResponse:
    """A tag that only videos have which the visitor does not find is one that is not there."""
    name = tag_name(tag_text)
    piece = _piece(request, listing.tagged(name), "published") if name else {"cards": [], "next": ""}
    if not piece["cards"]:
        raise NotFound(_("No video has this tag."), code="no_such_tag")
    context = {
        **piece,
        "title": f"#{name}",
        "which": "tag",
        "categories": [],
        "slots": slots.filled(request, "tabs", "card"),
    }
    return render(request, "video/list.html", context)


def _piece(request: HttpRequest, rows: "QuerySet[Video]", by: str) -> dict[str, Any]:
    found, following = places.piece(rows, by, listing.PAGE, places.after_of(request))
    return {"cards": cards.cards(request, found), "next": following}
