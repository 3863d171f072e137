"""Pages on which prompts and one's own text are written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat.models import OwnText, Prompt
from chat.prompting import access, actions, library
from chat.prompting.content import Content, read
from chat.prompting.forms import OwnTextForm, PromptForm, VariableFormSet
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation.actions.screening import Blocked
from meatlizard.security.ratelimit import limited


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.prompt.write", "120/h")
def new(request: UserRequest) -> HttpResponse:
    """As :func:`edit`, for a prompt that is not there yet: ``prompt`` is None."""
    return _editor(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.prompt.write", "120/h")
def edit(request: UserRequest, prompt: UUID) -> HttpResponse:
    """``chat/prompts/edit.html``. Context: ``prompt``, ``form``, ``variables`` (a formset), ``categories``."""
    return _editor(request, access.access_prompt_to_change(request.user, prompt))


def _editor(request: UserRequest, row: Prompt | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    may_be_for_all = row is None and access.keeps_the_sites(request.user)
    form = PromptForm(data, initial=_initial(row), may_be_for_all=may_be_for_all)
    variables = VariableFormSet(data, initial=_initial_variables(row), prefix="variables")
    if data is not None and form.is_valid() and variables.is_valid():
        try:
            saved = _save(request, row, form.cleaned_data, variables)
            messages.success(request, _("Saved."))
            return redirect("chat:prompt", saved.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {
        "prompt": row,
        "form": form,
        "variables": variables,
        "categories": [name for name, _count in library.categories(request.user)],
    }
    return render(request, "chat/prompts/edit.html", context, status=400 if data is not None else 200)


def _save(request: UserRequest, row: Prompt | None, data: dict[str, Any], variables: Any) -> Prompt:
    content = _content(data, variables)
    if row is not None:
        return actions.change(row, request.user, content)
    owner = None if data.get("for_all") else request.user
    return actions.add(owner, request.user, content)


def _content(data: dict[str, Any], variables: Any) -> Content:
    rows = [raw for form in variables.forms if (raw := form.raw)]
    return read(data["command"], data["title"], data["hint"], data["category"], data["text"], rows)


def _initial(row: Prompt | None) -> dict[str, Any]:
    names = ("title", "command", "category", "hint", "text")
    return {name: getattr(row, name) for name in names} if row else {}


def _initial_variables(row: Prompt | None) -> list[dict[str, Any]]:
    return [{**raw, "choices": "\n".join(raw.get("choices", []))} for raw in row.variables] if row else []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.own_text", "60/h")
def own_text(request: UserRequest) -> HttpResponse:
    """``chat/prompts/own.html``: what one tells all models. Context: ``form``."""
    row = OwnText.objects.filter(pk=request.user.pk).first()
    initial = {"about": row.about, "answers": row.answers} if row else {}
    form = OwnTextForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_own_text(request.user, form.cleaned_data["about"], form.cleaned_data["answers"])
            messages.success(request, _("Saved. Models read it from the next answer on."))
            return redirect("chat:own-text")
        except (Invalid, Blocked) as error:
            form.add_error(None, error.message)
    return render(request, "chat/prompts/own.html", {"form": form, "row": row}, status=400 if form.errors else 200)
