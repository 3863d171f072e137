"""Questions about a video to a model, on request; and what it proposes, taken by its owner."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited
from video import access
from video.knowing import asking, proposals
from video.models import Video

RATE: Final = "60/h"


@login_required
@require_POST
@limited("video.knowing", RATE)
def ask(request: UserRequest, slug: str) -> JsonResponse:
    """``what``: ``question`` with ``question``, or ``summary``, for whoever may watch; ``chapters`` or ``title`` for the owner: ``{"task"}``."""
    what = request.POST.get("what", "")
    video = _video(request, slug, own=what in proposals.SCHEMAS)
    task = asking.ask(request.user, video, what, request.POST.get("question", ""))
    return JsonResponse({"task": str(task)}, status=202)


@login_required
@require_GET
def answer(request: UserRequest, slug: str, asked: UUID) -> JsonResponse:
    """``{"state"}``, with ``error`` when it failed, or ``html`` once it is ``done``."""
    video = _video(request, slug)
    found = asking.answer(request.user, video, asked)
    if found.state != "done":
        return JsonResponse({"state": found.state, "error": found.error})
    html = render_to_string("video/knowing/_answer.html", {"video": video, "answer": found, "asked": asked}, request)
    return JsonResponse({"state": found.state, "html": html})


@login_required
@require_POST
def accept(request: UserRequest, slug: str, asked: UUID) -> HttpResponse:
    """``take``: ``chapters``, ``title`` or ``tags`` of what was proposed, read anew from the model's words and not from the form."""
    video = access.own(request.user, slug)
    found, take = asking.answer(request.user, video, asked).found, request.POST.get("take")
    if found is not None and take == "chapters" and found.marks:
        proposals.accept_chapters(video, found.marks)
        messages.success(request, _("The chapters stand in the description now."))
    elif found is not None and take == "title" and found.title:
        proposals.accept_title(video, found.title)
        messages.success(request, _("The video has the proposed title now."))
    elif found is not None and take == "tags" and found.tags:
        proposals.accept_tags(video, found.tags)
        messages.success(request, _("The proposed tags are among those of the video now."))
    else:
        raise Invalid(_("This was not proposed."), code="not_proposed")
    return HttpResponseRedirect(reverse("video:edit", args=[video.slug]))


def _video(request: UserRequest, slug: str, *, own: bool = False) -> Video:
    if own:
        return access.own(request.user, slug)
    return access.watch(request.user, slug, unlocked=access.unlocked(request))
