"""Files of personas: pictures, and cards that come and go."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from chat.access import access_conversation
from chat.models import Avatar, PersonaVersion
from chat.personas import avatars, importing
from chat.personas import character as characters
from chat.personas.access import access_persona, shown_version
from chat.personas.cards import files
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited

MAX_FILES = 20
KEPT_SECONDS = 7 * 24 * 3600
SIZES = ("small", "large")


@require_GET
def avatar(request: HttpRequest, persona: UUID) -> HttpResponse:
    """The picture of who may see the persona: ``?size=small`` or ``large``."""
    row = access_persona(request.user, persona)
    return _picture(request, row.pk, shown_version(request.user, row))


@login_required
@require_GET
def speaker(request: UserRequest, conversation: UUID) -> HttpResponse:
    """The picture of who speaks in a conversation, also when the persona is gone."""
    version = access_conversation(request.user, conversation).persona_version
    if version is None:
        raise Http404
    return _picture(request, version.persona_id or version.pk, version)


def _picture(request: HttpRequest, key: UUID, version: PersonaVersion) -> HttpResponse:
    small = request.GET.get("size") != "large"
    if version.avatar_id is None:
        response = HttpResponse(avatars.figure_png(key, avatars.THUMBNAIL if small else avatars.SIDE // 2), "image/png")
    else:
        column = "thumbnail" if small else "data"
        data = Avatar.objects.filter(pk=version.avatar_id).values_list(column, flat=True).get()
        response = HttpResponse(bytes(data), "image/webp")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    # Private: whether somebody may see it is looked up each time it is not in his own browser.
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}, immutable"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.persona.import", "60/h")
def take_in(request: UserRequest) -> HttpResponse:
    """``chat/personas/import.html``: cards and lorebooks as files. Context: ``refused`` (name and reason), ``made``, ``most`` (MB)."""
    made, refused = [], []
    given = request.FILES.getlist("files")
    for file in given[:MAX_FILES]:
        try:
            made.append(importing.take_in(request.user, file.name or "", file, file.size or 0))
        except AppError as error:
            refused.append((file.name, error.message))
    refused += [
        (file.name, _("Not more than %(most)s files at once.") % {"most": MAX_FILES}) for file in given[MAX_FILES:]
    ]
    for one in made:
        for note in one.notes:
            messages.warning(request, f"{one.name}: {note}")
    if len(made) == 1 and not refused:
        messages.success(request, _("“%(name)s” was taken in.") % {"name": made[0].name})
        return redirect(made[0].url)
    nothing = request.method == "POST" and not given
    context = {"made": made, "refused": refused, "most": files.MAX_FILE // 1_000_000, "nothing": nothing}
    return render(request, "chat/personas/import.html", context, status=400 if refused or nothing else 200)


@login_required
@require_GET
@limited("chat.persona.export", "120/h", methods=("GET",))
def export(request: UserRequest, persona: UUID, kind: str) -> HttpResponse:
    """The card of a persona as a file, ``png`` or ``json``."""
    row = access_persona(request.user, persona)
    version = shown_version(request.user, row)
    who = characters.of(version)
    if kind == "png":
        response = HttpResponse(files.as_png(who, avatars.as_png(version.avatar, row.pk)), "image/png")
    else:
        response = HttpResponse(files.as_json(who), "application/json")
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{files.file_name(who.name)}.{kind}") or "attachment"
    )
    return response
