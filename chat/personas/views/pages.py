"""Pages on which personas are looked at: gallery, one persona, its versions."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.models import Persona, PersonaVersion
from chat.personas import actions, gallery, talks
from chat.personas import character as characters
from chat.personas.access import (
    Viewer,
    access_persona,
    access_persona_to_change,
    access_removed_persona,
    access_version,
    edits_all,
    may_change,
    shown_version,
)
from chat.personas.authoring import reviewing
from chat.personas.changes import changes
from chat.personas.looks import look
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited

VERSIONS = 50


@login_required
@require_GET
def personas(request: UserRequest) -> HttpResponse:
    """``chat/personas/gallery.html``: one's own and what others share. Context: ``mine``, ``others`` (lists of
    :class:`chat.personas.gallery.Shown`), ``tags``, ``query``, ``tag``, ``page``, ``more``, ``removed``.
    """
    query, tag = request.GET.get("q", "")[:200], request.GET.get("tag", "")[:100]
    number = request.GET.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    mine, more_mine = gallery.own(request.user, query, tag, page)
    others, more_others = gallery.shared(request.user, query, tag, page)
    context = {
        "mine": mine, "others": others, "tags": gallery.tags([*mine, *others]), "query": query, "tag": tag, "page": page,
        "to_review": len(gallery.awaiting_review(request.user)) if edits_all(request.user) else 0,
        "more": more_mine or more_others, "searching": bool(query or tag), "removed": _removed(request),
    }  # fmt: skip
    return render(request, "chat/personas/gallery.html", context)


def _removed(request: UserRequest) -> UUID | None:
    """What was deleted just now and can be brought back."""
    try:
        return access_removed_persona(request.user, UUID(request.GET.get("removed", ""))).pk
    except (ValueError, NotFound):
        return None


@login_required
@require_GET
def menu(request: UserRequest) -> JsonResponse:
    """For the composer's ``@``: ``{"items": [{"id", "title", "hint", "avatar"}]}``, own ones first, 20 at most."""
    return JsonResponse({"items": gallery.menu(request.user, request.GET.get("q", "")[:200])})


@require_GET
def persona(request: HttpRequest, persona: UUID) -> HttpResponse:
    """``chat/personas/persona.html``, also for visitors where it is public. Context: ``persona``, ``version``, ``who``, ``notes`` and
    ``greetings`` (safe HTML), ``entries`` of its lorebook, ``may_change``.
    """
    viewer = request.user
    row = access_persona(viewer, persona)
    version = shown_version(viewer, row)
    shown = look(version.pk)
    context = {
        "persona": row, "version": version, "who": characters.of(version), "may_change": may_change(viewer, row),
        "notes": shown.notes, "greetings": shown.greetings, "entries": shown.entries, "avatar": gallery.avatar_url(row.pk, version, "large"),
        "usual_name": talks.usual_name(viewer), "waiting": version.pk != row.published_id, **_review(viewer, row),
    }  # fmt: skip
    return render(request, "chat/personas/persona.html", context)


def _review(viewer: Viewer, row: Persona) -> dict[str, object]:
    """For who may change it: ``steps`` of its review, and which come next."""
    if not viewer.is_authenticated or not may_change(viewer, row):
        return {}
    reviews = edits_all(viewer) and row.owner_id != viewer.pk
    return {
        "steps": reviewing.steps(row), "may_publish": reviewing.may_publish(viewer, row),
        "reviews": reviews, "max_note": reviewing.MAX_NOTE,
        "waits_for_request": reviews and settings.PERSONA_REVIEW and row.state == Persona.State.DRAFT,
    }  # fmt: skip


@login_required
@require_GET
def versions(request: UserRequest, persona: UUID) -> HttpResponse:
    """``chat/personas/versions.html``. Context: ``persona``, ``versions``; ``shown`` and its ``changes`` since ``before``."""
    row = access_persona_to_change(request.user, persona)
    rows = list(row.versions.select_related("author").defer("extra", "book")[:VERSIONS])
    number = request.GET.get("version", "")
    shown = (
        access_version(request.user, row, int(number))
        if number.isascii() and number.isdigit() and len(number) < 9
        else row.current
    )
    assert shown is not None
    before = row.versions.filter(number__lt=shown.number).first()
    context = {
        "persona": row, "version": row.current, "versions": rows, "shown": shown, "before": before,
        "changes": _changes(before, shown),
    }  # fmt: skip
    return render(request, "chat/personas/versions.html", context)


def _changes(before: PersonaVersion | None, after: PersonaVersion) -> list[object]:
    return list(changes(characters.of(before), characters.of(after))) if before else []


@login_required
@require_POST
def restore(request: UserRequest, persona: UUID, number: int) -> HttpResponse:
    """An old version becomes the newest."""
    row = access_persona_to_change(request.user, persona)
    version = actions.restore(request.user, row, access_version(request.user, row, number))
    messages.success(request, _("Version %(number)s is as that one was.") % {"number": version.number})
    return redirect("chat:persona-versions", row.pk)


@login_required
@require_POST
def delete(request: UserRequest, persona: UUID) -> HttpResponse:
    """Into the trash; the gallery offers the way back."""
    row = access_persona_to_change(request.user, persona)
    actions.delete(row)
    if row.owner_id == request.user.pk:
        return redirect(f"{reverse('chat:personas')}?removed={row.pk}")
    return redirect("chat:personas")


@login_required
@require_POST
def bring_back(request: UserRequest, persona: UUID) -> HttpResponse:
    row = access_removed_persona(request.user, persona)
    actions.bring_back(row)
    messages.success(request, _("The persona is back."))
    return redirect("chat:persona", row.pk)


@login_required
@require_POST
@limited("chat.persona.make", "120/h")
def copy(request: UserRequest, persona: UUID) -> HttpResponse:
    """One's own of somebody's."""
    row: Persona = access_persona(request.user, persona)
    taken = actions.copy(request.user, shown_version(request.user, row))
    messages.success(request, _("This copy is yours to change."))
    return redirect("chat:persona", taken.pk)
