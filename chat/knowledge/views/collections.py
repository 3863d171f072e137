"""Pages of collections: all of them, one of them, and what is changed about one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import meaning
from chat.knowledge import access, actions, shown, sources
from chat.knowledge.forms import CollectionForm, NoteForm, PageForm
from chat.models import Collection
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, NotFound
from meatlizard.security.ratelimit import limited

A_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.collection.make", "60/h")
def collections(request: UserRequest) -> HttpResponse:
    """``chat/knowledge/list.html``: what one may read; and the form that makes another. Context: ``mine``, ``sites``, ``form``,
    ``removed`` (one that was just deleted and can come back)."""
    may_be_for_all = access.keeps_the_sites(request.user)
    form = CollectionForm(request.POST if request.method == "POST" else None, may_be_for_all=may_be_for_all)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.make(request.user, data["name"], data["description"], for_all=data.get("for_all", False))
            return redirect("chat:collection", made.pk)
        except AppError as error:
            form.add_error(None, error.message)
    rows = shown.counted(access.readable(request.user))
    context = {
        "mine": [row for row in rows if row.owner_id is not None],
        "sites": [row for row in rows if row.owner_id is None],
        "form": form,
        "removed": _removed(request),
    }
    return render(request, "chat/knowledge/list.html", context, status=400 if form.errors else 200)


def _removed(request: UserRequest) -> UUID | None:
    try:
        return access.access_removed_collection(request.user, UUID(request.GET.get("removed", ""))).pk
    except (ValueError, NotFound):
        return None


@login_required
@require_GET
@limited("chat.collection.search", "240/m", methods=("GET",))
def collection(request: UserRequest, collection: UUID) -> HttpResponse:
    """``chat/knowledge/collection.html``: its documents, and what of them fits ``q``."""
    row = access.access_collection(request.user, collection)
    return render(request, "chat/knowledge/collection.html", _context(request, row))


def _context(request: UserRequest, row: Collection) -> dict[str, Any]:
    """``collection``, ``may_change``, ``page`` of ``documents`` with their states, ``words_only`` (some are found so), ``query``, ``findings`` and whether they were found ``by_meaning``, the forms, ``kinds`` (what
    other parts of the site offer), ``kind`` and ``offered`` (of the one that was opened), ``removed`` (a document that can come back)."""
    query = request.GET.get("q", "").strip()[:200]
    may_change = access.may_change(request.user, row)
    kind = request.GET.get("from", "") if may_change else ""
    page = Paginator(access.documents_of(row), A_PAGE).get_page(request.GET.get("page"))
    offered = sources.find(request.user, kind, request.GET.get("find", "")[:100]) if kind in shown.kinds() else None
    vector = meaning.waited_for(query) if query else None
    documents = shown.stated(page.object_list)
    return {
        "collection": row,
        "may_change": may_change,
        "page": page,
        "documents": documents,
        "words_only": any(one.state == "words" for one in documents),
        "query": query,
        "findings": shown.findings([row], query, vector) if query else None,
        "by_meaning": vector is not None,
        "note": NoteForm(auto_id="note-%s"),
        "web": PageForm(),
        "kinds": shown.kinds(),
        "kind": kind if offered is not None else "",
        "find": request.GET.get("find", "")[:100],
        "offered": offered,
        "removed": _removed_document(request),
    }


def _removed_document(request: UserRequest) -> UUID | None:
    try:
        return access.access_removed_document(request.user, UUID(request.GET.get("removed", ""))).pk
    except (ValueError, NotFound):
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, collection: UUID) -> HttpResponse:
    """``chat/knowledge/edit.html``: name and description, and whether it is lent. Context: ``collection``, ``form``."""
    row = access.access_collection_to_change(request.user, collection)
    form = CollectionForm(
        request.POST if request.method == "POST" else None,
        initial={"name": row.name, "description": row.description, "lent": row.lent},
        may_be_lent=row.owner_id is not None,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.rename(row, data["name"], data["description"], lent=data.get("lent", False))
            messages.success(request, _("Saved."))
            return redirect("chat:collection", row.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {"collection": row, "form": form}
    return render(request, "chat/knowledge/edit.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def remove(request: UserRequest, collection: UUID) -> HttpResponse:
    row = access.access_collection_to_change(request.user, collection)
    actions.remove(row)
    return redirect(f"{reverse('chat:collections')}?removed={row.pk}")


@login_required
@require_POST
def bring_back(request: UserRequest, collection: UUID) -> HttpResponse:
    row = access.access_removed_collection(request.user, collection)
    actions.bring_back(row)
    messages.success(request, _("It is back."))
    return redirect("chat:collection", row.pk)
