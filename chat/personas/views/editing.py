"""The editor of personas."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chat import queueing
from chat.models import Avatar, Persona
from chat.models.prompts import SiteText
from chat.personas import actions, avatars
from chat.personas import character as characters
from chat.personas.access import access_persona_to_change, lorebooks_of
from chat.personas.actions import Picture
from chat.personas.authoring import actions as authoring
from chat.personas.cast import cast
from chat.personas.character import Character
from chat.personas.forms import PersonaForm, initial
from chat.personas.lorebook import described, parse
from chat.prompting import site
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.persona.make", "120/h")
def new(request: UserRequest) -> HttpResponse:
    """``chat/personas/edit.html`` of a character that is not there yet. Context as of :func:`edit`, ``persona`` None."""
    form = _form(request, request.user, None)
    if request.method == "POST" and form.is_valid():
        try:
            who = form.character(None)
            row = actions.create(request.user, who, _new_avatar(form), visibility=form.cleaned_data["visibility"])
            return _saved(request, row, who)
        except AppError as error:
            form.add_error(None, error.message)
    return _page(request, form, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.persona.save", "600/h")
def edit(request: UserRequest, persona: UUID) -> HttpResponse:
    """Context: ``form``, ``persona``, ``version``, ``alternatives`` (texts), ``models`` (aliases)."""
    row = access_persona_to_change(request.user, persona)
    form = _form(request, row.owner, row)
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, row, _save(request.user, row, form))
        except AppError as error:
            form.add_error(None, error.message)
    return _page(request, form, row)


def _save(editor: User, row: Persona, form: PersonaForm) -> Character:
    assert row.current is not None
    who = form.character(characters.of(row.current))
    picture: Picture = _new_avatar(form) or (None if form.cleaned_data["no_avatar"] else "keep")
    actions.save(editor, row, who, picture, base=form.cleaned_data["base"])
    if form.cleaned_data["visibility"] != row.visibility:
        actions.show_to(row, form.cleaned_data["visibility"])
    return who


def _new_avatar(form: PersonaForm) -> Avatar | None:
    file = form.cleaned_data["avatar"]
    if not file:
        return None
    if file.size > avatars.MAX_BYTES:
        raise Invalid(_("A picture has at most %(most)s MB.") % {"most": avatars.MAX_BYTES // 1_000_000})
    return avatars.encoded(file.read())


def _saved(request: UserRequest, row: Persona, who: Character) -> HttpResponse:
    for line in described(parse(who.book))[:5]:
        messages.warning(request, line)
    messages.success(request, _("Saved."))
    return redirect("chat:persona", row.pk)


def _form(request: UserRequest, owner: User, row: Persona | None) -> PersonaForm:
    books = [(str(key), name) for key, name in lorebooks_of(owner).values_list("pk", "name")]
    if request.method == "POST":
        return PersonaForm(request.POST, request.FILES, books=books)
    if row is None or row.current is None:
        return PersonaForm(initial={"visibility": Persona.Visibility.MINE}, books=books)
    found = initial(characters.of(row.current))
    return PersonaForm(initial={**found, "visibility": row.visibility, "base": row.current.number}, books=books)


def _page(request: UserRequest, form: PersonaForm, row: Persona | None) -> HttpResponse:
    stored = row.current.alternatives if row and row.current else []
    context: dict[str, Any] = {
        "form": form, "persona": row, "version": row.current if row else None,
        "alternatives": request.POST.getlist("alternatives") if request.method == "POST" else stored,
        "models": queueing.status("", request.user.pk).models, "can_paint": authoring.can_paint(request.user),
    }  # fmt: skip
    return render(request, "chat/personas/edit.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@limited("chat.persona.preview", "60/m")
def preview(request: UserRequest) -> JsonResponse:
    """What a model would read of the character in the editor, before anything is said: ``{"role", "last", "problems"}``."""
    books = [(str(key), name) for key, name in lorebooks_of(request.user).values_list("pk", "name")]
    form = PersonaForm(request.POST, books=books)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]), code="bad_request")
    who = form.character(None)
    book = parse(who.book)
    script = cast(who, "", "", [book]).script([], site.current().text(SiteText.Kind.ROLE))
    role = next(layer.text for layer in script.layers if layer.name == "role")
    return JsonResponse({"role": role, "last": script.last, "problems": described(book)})
