"""Which collections a conversation and a persona answer from."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.access import access_conversation
from chat.knowledge import access, attaching, shown
from chat.knowledge.forms import ChoiceForm
from chat.personas.access import access_persona_to_change
from chat.views.bodies import body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited

MENU = 10


@login_required
@require_GET
@limited("chat.collection.menu", "240/m", methods=("GET",))
def menu(request: UserRequest) -> JsonResponse:
    """``{"items": [{"id", "title", "hint"}]}`` for ``q``: collections for the composer's ``#``."""
    query = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    rows = shown.counted(access.readable(request.user).filter(name__icontains=query))[:MENU]
    items = [{"id": str(row.pk), "title": row.name, "hint": _hint(row.documents_there)} for row in rows]  # type: ignore[attr-defined]
    return JsonResponse({"items": items})


def _hint(documents: int) -> str:
    return ngettext("collection, %s document", "collection, %s documents", documents) % documents


def _choices(request: UserRequest) -> list[tuple[str, str]]:
    return [(str(row.pk), row.name) for row in access.readable(request.user).order_by("name", "pk")]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: UserRequest, conversation: UUID) -> HttpResponse:
    """``chat/knowledge/attach.html``. Context: ``conversation``, ``form``."""
    row = access_conversation(request.user, conversation)
    form = ChoiceForm(
        request.POST if request.method == "POST" else None,
        choices=_choices(request),
        initial={"collections": [str(key) for key in attaching.of_conversation(row)]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            attaching.attach(request.user, row.pk, form.chosen())
            messages.success(request, _("Saved. It counts from the next answer on."))
            return redirect("chat:conversation", row.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {"conversation": row, "form": form}
    return render(request, "chat/knowledge/attach.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@limited("chat.collection.attach", "60/m")
def add(request: UserRequest, conversation: UUID) -> JsonResponse:
    """One more, ``collection``: ``{"collections": [{"id", "title"}]}``, all that are asked now."""
    try:
        key = UUID(str(body(request).get("collection", "")))
    except ValueError:
        raise Invalid(_("This is not the id of a collection."), code="bad_request") from None
    talk = attaching.add(request.user, conversation, key)
    rows = attaching.names(request.user, attaching.of_conversation(talk))
    return JsonResponse({"collections": [{"id": str(row.pk), "title": row.name} for row in rows]})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def persona(request: UserRequest, persona: UUID) -> HttpResponse:
    """``chat/knowledge/attach.html``, for who may change the persona. Context: ``persona``, ``form``."""
    row = access_persona_to_change(request.user, persona)
    form = ChoiceForm(
        request.POST if request.method == "POST" else None,
        choices=_choices(request),
        initial={"collections": [str(key) for key in attaching.of_persona(row)]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            attaching.attach_to_persona(request.user, row, form.chosen())
            messages.success(request, _("Saved. It counts from the next answer on."))
            return redirect("chat:persona", row.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {"persona": row, "form": form}
    return render(request, "chat/knowledge/attach.html", context, status=400 if form.errors else 200)
