"""Lists of the library: folders, what was found, recent, starred, the trash."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from files.access import access_folder
from files.library import listing, marking, slots, tree, usage
from files.library.kinds import KINDS
from files.library.limits import retention
from files.library.searching import Wish
from files.models import Folder
from files.views.asking import page_number
from meatlizard.accounts.http import UserRequest

VIEW_COOKIE = "files_view"
COOKIE_SECONDS = 365 * 24 * 3_600


@login_required
@require_GET
def home(request: UserRequest) -> HttpResponse:
    """``files/library.html``: what lies in no folder; with ``q``, ``kind`` or ``tag`` what is found by them everywhere."""
    wish = Wish.read(*(request.GET.get(name, "") for name in ("q", "kind", "tag")))
    if wish:
        piece = listing.search(request.user, wish, _order(request), page_number(request))
        return _page(request, piece, which="found", wish=wish, title=_("Found"))
    return _folder(request, None)


@login_required
@require_GET
def folder(request: UserRequest, folder: UUID) -> HttpResponse:
    """``files/library.html``: a folder; the trash's own page says where one in the trash is."""
    row = access_folder(request.user, folder)
    return trash(request) if row.trashed is not None else _folder(request, row)


def _folder(request: UserRequest, row: Folder | None) -> HttpResponse:
    key = row.pk if row else None
    above = tree.path(key)
    piece = listing.in_folder(request.user, key, _order(request), page_number(request))
    title = row.name if row else _("Files")
    return _page(request, piece, which="folder", folder=row, path=above, title=title)


@login_required
@require_GET
def recent(request: UserRequest) -> HttpResponse:
    return _page(request, listing.recent(request.user), which="recent", title=_("Recent"))


@login_required
@require_GET
def starred(request: UserRequest) -> HttpResponse:
    piece = listing.starred(request.user, page_number(request))
    return _page(request, piece, which="starred", title=_("Starred"))


@login_required
@require_GET
def trash(request: UserRequest) -> HttpResponse:
    """What was put there itself; days left of each."""
    piece = listing.trashed(request.user, page_number(request))
    return _page(request, piece, which="trash", title=_("Trash"), days=retention().days)


@login_required
@require_GET
def usage_page(request: UserRequest) -> HttpResponse:
    """``files/usage.html``: what takes how much."""
    meter = usage.meter(request.user)
    context = {"meter": meter, "parts": usage.parts(request.user, meter.used), "days": retention().days}
    return render(request, "files/usage.html", context)


def _page(request: UserRequest, piece: listing.Piece, **context: Any) -> HttpResponse:
    view = _view(request)
    path = context.setdefault("path", [])
    context.setdefault("wish", Wish())
    context |= {
        "piece": piece, "view": view, **_sorting(request), "kinds": KINDS, "meter": usage.meter(request.user),
        "tags": list(marking.tags(request.user)), "branches": listing.branches(request.user, [key for key, _name in path]),
        "slots": {place: slots.templates(place) for place in slots.PLACES}, "undo": request.GET.get("undo", "")[:40],
        "query": _kept(request),
    }  # fmt: skip
    response = render(request, "files/library.html", context)
    if request.GET.get("view") in listing.VIEWS:
        response.set_cookie(
            VIEW_COOKIE, view, COOKIE_SECONDS, path="/files/", secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


def _order(request: HttpRequest) -> listing.Order:
    return listing.Order.read(request.GET.get("sort", "name"))


def _sorting(request: HttpRequest) -> dict[str, Any]:
    """What it is sorted by, and what the address says to sort by each: the other way round for what it is sorted by now."""
    order = _order(request)
    sorts = {by: f"-{by}" if by == order.by and not order.down else by for by in listing.SORTS}
    return {"by": order.by, "direction": "down" if order.down else "up", "sorts": sorts}


def _view(request: HttpRequest) -> str:
    said = (request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE))
    return next((view for view in said if view in listing.VIEWS), listing.VIEWS[0])


def _kept(request: HttpRequest) -> str:
    """The part of the address that other pages of the same list keep."""
    kept = request.GET.copy()
    for name in ("page", "undo", "view"):
        kept.pop(name, None)
    return kept.urlencode()
