"""Lists of pastes, and collections."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from paste import collections, listing
from paste.access import access_collection, access_paste, may_make
from paste.forms import CollectionForm
from paste.models import Paste
from paste.views.decorators import by_address


def _page(request: HttpRequest, rows: listing.Rows) -> Any:
    return Paginator(rows, listing.PAGE).get_page(request.GET.get("page", "1")[:6])


@login_required
@require_GET
def home(request: UserRequest) -> HttpResponse:
    """``paste/home.html``: one's own, found by ``q``; with ``starred`` those with one's star, with ``deleted`` what can be brought back."""
    query = request.GET.get("q", "")[:200]
    which = next((name for name in ("starred", "deleted") if name in request.GET), "own")
    user = request.user
    rows = {"starred": listing.starred, "deleted": listing.deleted}
    found = rows[which](user) if which in rows else listing.own(user, query)
    context = {"page": _page(request, found), "query": query, "which": which}
    return render(request, "paste/home.html", context)


@require_GET
def public(request: HttpRequest) -> HttpResponse:
    """``paste/public.html``: what everybody may find; ``order`` ``trending`` or ``new``."""
    order = "trending" if request.GET.get("order") == "trending" else "new"
    context = {"page": _page(request, listing.public(order)), "which": order, "may_make": may_make(request.user)}
    return render(request, "paste/public.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def shelves(request: UserRequest) -> HttpResponse:
    """``paste/collections.html``: one's collections, and a form for another."""
    form = CollectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = collections.make(request.user, **form.cleaned_data)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            return redirect("paste:collection", row.slug)
    context = {"form": form, "rows": collections.collections_of(request.user)}
    return render(request, "paste/collections.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@by_address
def collection(request: HttpRequest, shelf: str) -> HttpResponse:
    """``paste/collection.html``; its owner changes it by POST."""
    row = access_collection(request.user, shelf, write=request.method == "POST")
    mine = row.owner_id == request.user.pk
    initial = {"title": row.title, "public": row.public}
    form = CollectionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        collections.change(row, **form.cleaned_data)
        return redirect("paste:collection", shelf)
    context = {"collection": row, "pastes": collections.pastes_in(row, request.user), "mine": mine, "form": form}
    return render(request, "paste/collection.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def delete_collection(request: UserRequest, shelf: str) -> HttpResponse:
    collections.delete(access_collection(request.user, shelf, write=True))
    return redirect("paste:collections")


@login_required
@require_POST
def take_out(request: UserRequest, shelf: str) -> HttpResponse:
    row = access_collection(request.user, shelf, write=True)
    paste: Paste = access_paste(request.user, request.POST.get("paste", ""))
    collections.take_out(row, paste)
    return redirect("paste:collection", shelf)
