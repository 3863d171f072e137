"""Where owners of videos look after their captions."""

import json
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited
from video import access, addresses, player_settings
from video.captions import actions, formats, hearing
from video.models import Captions, Video

RATE: Final = "60/m"


@login_required
@require_http_methods(["GET", "POST"])
@limited("video.captions_change", RATE)
def all_of_video(request: UserRequest, slug: str) -> HttpResponse:
    """``video/captions/list.html``. POST: ``language``, ``label`` and a ``file``, or none to write them here."""
    video = access.own(request.user, slug)
    if request.method == "POST":
        sent = request.FILES.get("file")
        language, label = request.POST.get("language", ""), request.POST.get("label", "")
        if sent is None:
            row = actions.add(video, language, label, source=Captions.Source.WRITTEN)
            return HttpResponseRedirect(reverse("video:captions_edit", args=[slug, row.pk]))
        actions.read_file(video, _read(sent), language, label)
        messages.success(request, _("The captions are there."))
        return _back(video)
    rows = list(video.captions.defer("cues", "text").order_by("label"))
    heard = {"models": hearing.offered(request.user)}
    context = {"video": video, "rows": rows, "hearing": heard, "watch": addresses.watch(video)}
    return render(request, "video/captions/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@limited("video.captions_change", RATE)
@player_settings.plays
def edit(request: UserRequest, slug: str, captions: UUID) -> HttpResponse:
    """``video/captions/edit.html``. POST: JSON ``{"edition", "cues"}`` of the page's script, answered ``{"edition"}``; or, of the form
    without scripts, ``text`` as in a file of captions."""
    video = access.own(request.user, slug)
    row = actions.access(video, captions)
    if request.method == "POST":
        if request.content_type != "application/json":
            actions.replace(row, request.POST.get("text", "").encode())
            messages.success(request, _("The captions are saved."))
            return HttpResponseRedirect(reverse("video:captions_edit", args=[slug, captions]))
        edition, cues = _sent(request.body)
        return JsonResponse({"edition": actions.save(row, edition, cues)})
    context = {
        "video": video, "captions": row, "cues": row.cues, "text": formats.vtt(actions.cues_of(row)), "player": player_settings.of(video, request),
    }  # fmt: skip
    return render(request, "video/captions/edit.html", context)


@login_required
@require_POST
@limited("video.captions_change", RATE)
def describe(request: UserRequest, slug: str, captions: UUID) -> HttpResponse:
    video = access.own(request.user, slug)
    row = actions.access(video, captions)
    said = request.POST
    actions.describe(row, language=said.get("language", ""), label=said.get("label", ""), default="default" in said)
    messages.success(request, _("Saved."))
    return _back(video)


@login_required
@require_POST
@limited("video.captions_change", RATE)
def replace(request: UserRequest, slug: str, captions: UUID) -> HttpResponse:
    """``file`` in the place of what was there."""
    video = access.own(request.user, slug)
    row = actions.access(video, captions)
    sent = request.FILES.get("file")
    if sent is None:
        raise Invalid(_("Choose a file first."), code="no_file")
    actions.replace(row, _read(sent))
    messages.success(request, _("The captions are there."))
    return _back(video)


@login_required
@require_http_methods(["GET", "POST"])
@limited("video.captions_change", RATE)
def remove(request: UserRequest, slug: str, captions: UUID) -> HttpResponse:
    """``video/captions/delete.html`` asks first."""
    video = access.own(request.user, slug)
    row = actions.access(video, captions)
    if request.method == "GET":
        return render(request, "video/captions/delete.html", {"video": video, "captions": row})
    actions.remove(row)
    messages.success(request, _("The captions “%(label)s” are deleted.") % {"label": row.label})
    return _back(video)


@login_required
@require_POST
@limited("video.captions_hear", "20/h")
def hear(request: UserRequest, slug: str) -> HttpResponse:
    """Has a machine write down what is said, in ``language``."""
    video = access.own(request.user, slug)
    hearing.ask(request.user, video, request.POST.get("language", ""))
    messages.success(request, _("What is said is being written down. It takes a while; you can leave this page."))
    return _back(video)


def _back(video: Video) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("video:captions", args=[video.slug]))


def _read(sent: "UploadedFile[Any]") -> bytes:
    data: bytes = sent.read(formats.MOST_BYTES + 1)
    return data


def _sent(body: bytes) -> tuple[int, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or type(said.get("edition")) is not int:
        raise Invalid(code="captions_bad")
    return said["edition"], said.get("cues")
