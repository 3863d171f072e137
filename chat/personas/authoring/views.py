"""The assistant's small requests, and the steps of a review."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.models import Persona
from chat.personas.access import access_persona, access_persona_to_change, edits_all, lorebooks_of
from chat.personas.authoring import actions, reviewing
from chat.personas.authoring.forms import FieldForm, OutcomeForm, ReviewForm, WishForm
from chat.personas.forms import PersonaForm
from chat.personas.gallery import awaiting_review
from chat.views.bodies import body, valid
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited

ASKED = "60/h"
"""Drafts, suggestions and pictures of one person; each is work for a machine."""


@login_required
@require_POST
@limited("chat.persona.assist", ASKED)
def draft(request: UserRequest) -> JsonResponse:
    """A whole character from ``wish``: ``{"task"}``."""
    return _task(actions.draft(request.user, valid(WishForm(body(request))).cleaned_data["wish"]))


@login_required
@require_POST
@limited("chat.persona.assist", ASKED)
def suggest(request: UserRequest) -> JsonResponse:
    """Alternatives for ``field`` of the character in the editor, whose fields come along: ``{"task"}``."""
    asked = valid(FieldForm(request.POST)).cleaned_data
    return _task(actions.suggest(request.user, asked["field"], _known(request), asked["wish"]))


@login_required
@require_POST
@limited("chat.persona.assist", ASKED)
def paint(request: UserRequest) -> JsonResponse:
    """A profile picture of the character in the editor: ``{"task"}``."""
    return _task(actions.paint(request.user, _known(request)))


@login_required
@require_POST
@limited("chat.persona.trial", "20/m")
def reply(request: UserRequest) -> JsonResponse:
    """What the character in the editor says to ``turns`` (JSON: a list of ``{"role", "text"}``): ``{"task"}``. Nothing of it is kept."""
    books = [(str(key), name) for key, name in lorebooks_of(request.user).values_list("pk", "name")]
    form = PersonaForm(request.POST, books=books)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]), code="bad_request")
    try:
        turns: Any = json.loads(request.POST.get("turns", ""))
    except (ValueError, RecursionError):
        turns = None
    return _task(actions.reply(request.user, form.character(None), turns))


@login_required
@require_GET
def outcome(request: UserRequest, task: UUID) -> JsonResponse:
    """How a task stands, see :func:`chat.personas.authoring.actions.outcome`."""
    asked = valid(OutcomeForm(request.GET)).cleaned_data
    return JsonResponse(actions.outcome(request.user, task, asked["wanted"], asked["field"]))


@login_required
@require_GET
def picture(request: UserRequest, task: UUID) -> HttpResponse:
    """The picture that a machine made, for who asked for it."""
    response = HttpResponse(actions.picture(request.user, task), "image/webp")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def forget(request: UserRequest, task: UUID) -> JsonResponse:
    actions.forget(request.user, task)
    return JsonResponse({"forgotten": str(task)})


@login_required
@require_GET
def reviews(request: UserRequest) -> HttpResponse:
    """``chat/personas/reviews.html``: what waits for a reviewer. Context: ``waiting`` (:class:`chat.personas.gallery.Shown`)."""
    if not edits_all(request.user):
        raise PermissionDenied
    return render(request, "chat/personas/reviews.html", {"waiting": awaiting_review(request.user)})


@login_required
@require_POST
@limited("chat.persona.review", "120/h")
def review(request: UserRequest, persona: UUID) -> HttpResponse:
    """One step of a review, then back to the persona's page."""
    row = access_persona_to_change(request.user, access_persona(request.user, persona).pk)
    asked = valid(ReviewForm(request.POST)).cleaned_data
    try:
        messages.success(request, _carried_out(request, row, **asked))
    except AppError as error:
        messages.error(request, error.message)
    return redirect("chat:persona", row.pk)


def _carried_out(request: UserRequest, row: Persona, step: str, number: int, note: str) -> str:
    if step == "ask":
        reviewing.ask(request.user, row, number, note)
        return _("A reviewer will look at it.")
    if step == "publish":
        reviewing.publish(request.user, row, number, note)
        return _("Published: others read this version from now on.")
    if step == "return":
        reviewing.give_back(request.user, row, number, note)
        return _("It is a draft again.")
    reviewing.withdraw(request.user, row, note)
    return _("Withdrawn: nobody else reads it any more.")


def _known(request: UserRequest) -> dict[str, str]:
    return {name: value for name, value in request.POST.items() if isinstance(value, str)}


def _task(task: UUID) -> JsonResponse:
    return JsonResponse({"task": str(task)}, status=202)
