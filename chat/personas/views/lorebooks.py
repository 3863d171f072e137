"""Pages of lorebooks that stand alone."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.models import Lorebook
from chat.personas import lorebooks
from chat.personas.access import access_lorebook, lorebooks_of
from chat.personas.cards.files import file_name
from chat.personas.forms import LorebookForm
from chat.personas.lorebook import described, parse
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
def books(request: UserRequest) -> HttpResponse:
    """``chat/personas/lorebooks.html``. Context: ``books``."""
    return render(request, "chat/personas/lorebooks.html", {"books": lorebooks_of(request.user).defer("data")})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.lorebook.make", "120/h")
def new(request: UserRequest) -> HttpResponse:
    return _edited(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.lorebook.save", "600/h")
def book(request: UserRequest, book: UUID) -> HttpResponse:
    return _edited(request, access_lorebook(request.user, book))


def _edited(request: UserRequest, row: Lorebook | None) -> HttpResponse:
    """``chat/personas/lorebook.html``. Context: ``form``, ``book`` (None for a new one), ``problems``."""
    form = LorebookForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        name, data = form.cleaned_data["name"], form.cleaned_data["book"] or {}
        try:
            row = lorebooks.save(row, name, data) if row else lorebooks.create(request.user, name, data)
            messages.success(request, _("Saved."))
            return redirect("chat:lorebook", row.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {"form": form, "book": row, "problems": described(parse(row.data)) if row else []}
    return render(request, "chat/personas/lorebook.html", context, status=400 if form.errors else 200)


def _initial(row: Lorebook | None) -> dict[str, object]:
    return {"name": row.name, "book": row.data} if row else {}


@login_required
@require_GET
def export(request: UserRequest, book: UUID) -> HttpResponse:
    row = access_lorebook(request.user, book)
    response = HttpResponse(lorebooks.as_json(row), "application/json")
    response["Content-Disposition"] = content_disposition_header(True, f"{file_name(row.name)}.json") or "attachment"
    return response


@login_required
@require_POST
def delete(request: UserRequest, book: UUID) -> HttpResponse:
    row = access_lorebook(request.user, book)
    lorebooks.delete(row)
    messages.success(request, _("The lorebook “%(name)s” was deleted.") % {"name": row.name})
    return redirect("chat:lorebooks")
