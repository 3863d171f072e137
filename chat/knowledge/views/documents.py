"""Documents: they come, are looked at, read again, deleted and brought back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.knowledge import access, adding, shown, sources
from chat.knowledge.forms import NoteForm, PageForm
from chat.knowledge.limits import MAX_FILES
from chat.models import Collection, Document
from chat.views.bodies import valid
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited

A_PAGE = 50


@login_required
@require_POST
@limited("chat.document.file", "300/h")
def add_files(request: UserRequest, collection: UUID) -> HttpResponse:
    """``files`` of a form. To a script, which sends one at a time: ``{"document": {"id", "name", "state", "error", "url"}}``."""
    row = access.access_collection_to_change(request.user, collection)
    files = request.FILES.getlist("files")[:MAX_FILES]
    if not files:
        raise Invalid(_("Choose a file."), code="no_file")
    made = [adding.add_file(row, file.name or "", file.chunks(), file.size or 0) for file in files]
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"document": shown.out(made[0])}, status=201)
    return _told(request, row, made)


@login_required
@require_POST
@limited("chat.document.note", "300/h")
def add_note(request: UserRequest, collection: UUID) -> HttpResponse:
    row = access.access_collection_to_change(request.user, collection)
    return _added(request, row, lambda: adding.add_note(row, **valid(NoteForm(request.POST)).cleaned_data))


@login_required
@require_POST
@limited("chat.document.page", "60/h")
def add_page(request: UserRequest, collection: UUID) -> HttpResponse:
    row = access.access_collection_to_change(request.user, collection)
    return _added(request, row, lambda: adding.add_page(row, valid(PageForm(request.POST)).cleaned_data["address"]))


@login_required
@require_POST
@limited("chat.document.take", "120/h")
def add_from(request: UserRequest, collection: UUID) -> HttpResponse:
    """``kind`` and ``key`` of what another part of the site offers."""
    row = access.access_collection_to_change(request.user, collection)
    kind, key = request.POST.get("kind", ""), request.POST.get("key", "")
    return _added(request, row, lambda: adding.add_from(row, request.user, kind, key))


def _added(request: UserRequest, row: Collection, add: "adding.Adding") -> HttpResponse:
    try:
        return _told(request, row, [add()])
    except AppError as refusal:
        messages.error(request, refusal.message)
        return redirect("chat:collection", row.pk)


def _told(request: UserRequest, row: Collection, made: list[Document]) -> HttpResponse:
    for document in made:
        if document.error:
            messages.error(request, f"{document.name}: {document.error}")
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": document.name})
    return redirect("chat:collection", row.pk)


@login_required
@require_GET
def document(request: UserRequest, document: UUID) -> HttpResponse:
    """``chat/knowledge/document.html``: its passages; with ``passage``, the page on which that is. Context: ``document``, ``may_change``,
    ``page``, ``marked``, ``origin`` (where on the site it was read from)."""
    row = access.access_document(request.user, document)
    pages = Paginator(row.passages.all(), A_PAGE)
    marked = request.GET.get("passage", "")
    number = int(marked) if marked.isascii() and marked.isdigit() and len(marked) < 8 else 0
    page = pages.get_page((number - 1) // A_PAGE + 1 if number else request.GET.get("page"))
    context = {
        "document": shown.stated([row])[0],
        "may_change": access.may_change(request.user, row.collection),
        "read_again": adding.can_be_read_again(row),
        "page": page,
        "marked": number,
        "origin": sources.address(row.kind, row.source),
    }
    return render(request, "chat/knowledge/document.html", context)


@login_required
@require_GET
def passage(request: UserRequest, passage: int) -> HttpResponse:
    """Leads to where it stands."""
    row = access.access_passage(request.user, passage)
    return redirect(shown.address_of(row))


@login_required
@require_POST
@limited("chat.document.page", "60/h")
def read_again(request: UserRequest, document: UUID) -> HttpResponse:
    row = access.access_document_to_change(request.user, document)
    try:
        row = adding.read_again(row, request.user)
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        if row.error:
            messages.error(request, f"{row.name}: {row.error}")
        else:
            messages.success(request, _("It was read again."))
    return redirect("chat:document", row.pk)


@login_required
@require_POST
def remove(request: UserRequest, document: UUID) -> HttpResponse:
    row = access.access_document_to_change(request.user, document)
    adding.remove(row)
    return redirect(f"{reverse('chat:collection', args=[row.collection_id])}?removed={row.pk}")


@login_required
@require_POST
def bring_back(request: UserRequest, document: UUID) -> HttpResponse:
    row = access.access_removed_document(request.user, document)
    adding.bring_back(row)
    messages.success(request, _("It is back."))
    return redirect("chat:collection", row.collection_id)
