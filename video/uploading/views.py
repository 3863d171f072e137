"""The page on which videos are brought, and what it asks while they come and are made."""

import contextlib
import datetime
import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited
from meatlizard.storage.actions import used_by
from video import access, actions
from video.importing import actions as imports
from video.library import slots
from video.making import actions as making
from video.making import progress
from video.models import Video
from video.uploading import grants
from video.uploading.actions import of_file

MOST_BODY = 10_000
SHOWN_AFTER = datetime.timedelta(hours=6)
"""What is ready stays on the page so long, so that who comes back finds it where it was."""


@login_required
@require_http_methods(["GET", "POST"])
@limited("video.begin", "60/m", methods=("POST",))
def upload(request: UserRequest) -> HttpResponse:
    """``video/upload.html``. POST (JSON: ``name`` of the file) begins a draft and answers with where its parts are."""
    if request.method == "POST":
        asked = _body(request)
        video = actions.draft(request.user, title=making.title_of(str(asked.get("name", ""))))
        return JsonResponse(shown(video), status=201)
    late = Q(state=Video.State.READY, changed__gte=timezone.now() - SHOWN_AFTER)
    under_way = (
        access.videos_of(request.user)
        .filter(Q(state__in=_SHOWN) | late, trashed=None)
        .prefetch_related("renditions")[:50]
    )
    context = {
        "videos": [shown(video) for video in under_way], "endpoint": grants.ENDPOINT, "header": grants.HEADER, "most": settings.VIDEO_MAX_BYTES, "sound": settings.VIDEO_AUDIO_UPLOADS, "privacies": Video.Privacy.choices[:3],
        "slots": slots.filled(request, "tabs"), "which": "upload", "imports": imports.enabled(), "room": max(0, request.user.tier.storage_bytes - used_by(request.user)),
    }  # fmt: skip
    return render(request, "video/upload.html", context)


_SHOWN = (
    Video.State.DRAFT, Video.State.UPLOADING, Video.State.FETCHING, Video.State.WAITING, Video.State.MAKING, Video.State.FAILED,
    Video.State.CANCELLED,
)  # fmt: skip


@require_GET
@limited("video.state", "240/m", methods=("GET",))
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """How far it is: for who may watch it."""
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    answer = JsonResponse(progress.state(video))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@login_required
@require_POST
@limited("video.change", "120/m")
def describe(request: UserRequest, slug: str) -> HttpResponse:
    """JSON ``title``, ``description``, ``privacy``: what can be said while the video still comes."""
    video = access.own(request.user, slug)
    asked = _body(request)
    actions.describe(video, **{name: str(asked[name]) for name in ("title", "description", "privacy") if name in asked})
    return JsonResponse(shown(video))


@login_required
@require_POST
@limited("video.change", "120/m")
def cancel(request: UserRequest, slug: str) -> HttpResponse:
    making.cancel(access.own(request.user, slug))
    return _answer(request, slug, _("It is cancelled."))


@login_required
@require_POST
@limited("video.change", "120/m")
def retry(request: UserRequest, slug: str) -> HttpResponse:
    video = access.own(request.user, slug)
    if not imports.again(video):
        making.retry(video)
    return _answer(request, slug, _("It goes on."))


@login_required
@require_POST
@limited("video.change", "120/m")
def anew(request: UserRequest, slug: str) -> HttpResponse:
    making.make_anew(access.own(request.user, slug))
    return _answer(request, slug, _("It is made anew."))


@login_required
@require_POST
@limited("video.change", "120/m")
def delete(request: UserRequest, slug: str) -> HttpResponse:
    """Into the trash."""
    actions.trash(access.own(request.user, slug))
    return _answer(request, slug, _("The video is in the trash."))


@login_required
@require_POST
@limited("video.change", "120/m")
def restore(request: UserRequest, slug: str) -> HttpResponse:
    actions.restore(access.own(request.user, slug))
    return _answer(request, slug, _("The video is back."))


@login_required
@require_POST
@limited("video.begin", "60/m")
def from_file(request: UserRequest) -> HttpResponse:
    """``file``: of one's own, of which a video is made."""
    try:
        of_file(request.user, request.POST.get("file", ""))
    except AppError as refusal:
        messages.error(request, refusal.message)
    return redirect("video:upload")


def shown(video: Video) -> dict[str, Any]:
    """What the page knows of one."""
    verbs = ("state", "describe", "cancel", "retry", "delete")
    urls = {verb: reverse(f"video:{verb}", args=[video.slug]) for verb in verbs}
    for page in ("watch", "edit"):
        with contextlib.suppress(NoReverseMatch):
            urls[page] = reverse(f"video:{page}", args=[video.slug])
    return progress.state(video) | {
        "title": video.title, "privacy": video.privacy, "privacy_words": video.get_privacy_display(), "urls": urls,
        "has_content": video.blob_id is not None, "fetched": bool(video.source_url),
    }  # fmt: skip


def _answer(request: UserRequest, slug: str, words: str) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(shown(access.own(request.user, slug)))
    messages.success(request, words)
    return redirect("video:upload")


def _body(request: HttpRequest) -> dict[str, Any]:
    """Raises Invalid."""
    try:
        found = json.loads(request.body[:MOST_BODY])
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid
    return found
