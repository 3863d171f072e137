"""Conversations with personas: begin one, and say who speaks in one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.access import access_conversation
from chat.models import Conversation
from chat.personas import character as characters
from chat.personas import gallery, talks
from chat.personas.access import access_persona, lorebooks_of
from chat.personas.forms import BeginForm, TalkForm
from chat.views.bodies import body, valid
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited


@login_required
@require_POST
@limited("chat.persona.begin", "120/h")
def begin(request: UserRequest, persona: UUID) -> HttpResponse:
    """Begins a conversation and leads there; to a script it answers ``{"url"}``."""
    row = access_persona(request.user, persona)
    scripted = request.content_type == "application/json"
    asked = body(request) if scripted else request.POST
    data = valid(BeginForm(asked)).cleaned_data
    talk = talks.begin(request.user, row, data["greeting"] or 0, data["called"] if "called" in asked else None)
    url = reverse("chat:conversation", args=[talk.pk])
    return JsonResponse({"conversation": str(talk.pk), "url": url}, status=201) if scripted else redirect(url)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: UserRequest, conversation: UUID) -> HttpResponse:
    """``chat/personas/talk.html``: who speaks, what they call one, which lorebooks are read. Context: ``conversation``, ``version``,
    ``form``, ``known`` (whether the persona's page is there), ``newer`` (number of a version that could be taken).
    """
    row = access_conversation(request.user, conversation)
    books = [(str(key), name) for key, name in lorebooks_of(request.user).values_list("pk", "name")]
    form = TalkForm(
        request.POST if request.method == "POST" else None, books=books,
        initial={"called": row.called, "books": row.books.split()},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            talks.arrange(request.user, row.pk, form.cleaned_data["called"], form.chosen_books())
            messages.success(request, _("Saved. It counts from the next answer on."))
            return redirect("chat:conversation", row.pk)
        except AppError as error:
            form.add_error(None, error.message)
    context = {"conversation": row, "form": form, **_speaker(request, row)}
    return render(request, "chat/personas/talk.html", context, status=400 if form.errors else 200)


def _speaker(request: UserRequest, row: Conversation) -> dict[str, Any]:
    version = row.persona_version
    persona = version.persona if version else None
    known = gallery.known_to(request.user, persona)
    newest = None
    if persona is not None and known:
        newest = persona.current if persona.owner_id == request.user.pk else persona.published
    newer = newest.number if newest is not None and version is not None and newest.number > version.number else None
    return {"version": version, "known": known, "newer": newer, "greetings": _greetings(row)}


def _greetings(row: Conversation) -> int:
    return len(characters.of(row.persona_version).greetings) if row.persona_version else 0


@login_required
@require_GET
def who(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Who speaks: ``{"persona": null}``, or its ``name``, ``avatar`` (address) and number of ``greetings``."""
    row = access_conversation(request.user, conversation)
    return JsonResponse({"persona": shown(row)})


def shown(row: Conversation) -> dict[str, Any] | None:
    version = row.persona_version
    if version is None:
        return None
    mark = version.pk.hex[:8]
    avatar = f"{reverse('chat:talk-avatar', args=[row.pk])}?size=small&picture={mark}"
    return {"name": version.called, "avatar": avatar, "greetings": _greetings(row)}


@login_required
@require_POST
@limited("chat.persona.choose", "60/m")
def choose(request: UserRequest, conversation: UUID) -> HttpResponse:
    """Lets ``persona`` (empty: nobody) give the answers to come. To a script as :func:`who`."""
    scripted = request.content_type == "application/json"
    named = (body(request) if scripted else request.POST).get("persona") or ""
    try:
        row = access_persona(request.user, UUID(str(named))) if named else None
    except ValueError:
        raise Invalid(_("This is not the id of a persona."), code="bad_request") from None
    talk = talks.choose(request.user, conversation, row)
    return JsonResponse({"persona": shown(talk)}) if scripted else redirect("chat:conversation", talk.pk)


@login_required
@require_POST
@limited("chat.persona.choose", "60/m")
def greet(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Begins with another first message; ``greeting`` counts from 0, or is ``next``. Pages hear of it."""
    number = body(request).get("greeting")
    if number != "next" and (not isinstance(number, int) or isinstance(number, bool)):
        raise Invalid(_("Say which first message."), code="bad_request")
    talk = talks.greet(request.user, conversation, None if number == "next" else number)
    return JsonResponse({"head": str(talk.head_id) if talk.head_id else None})
