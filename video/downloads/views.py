"""Asks for a download: the way to the file, or how far it is."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from meatlizard.security.ratelimit import limited
from video import access
from video.downloads import actions, addresses
from video.models import Download


@require_GET
@limited("video.download", "300/h", methods=("GET",))
def download(request: HttpRequest, slug: str, rendition: str) -> HttpResponse:
    """Leads to the file. While that is put together: ``video/download.html``, or for programs (``Accept: application/json``) 202 with
    ``{"state", "url"}``, where ``url`` is null until it is ready."""
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    actions.allowed(request.user, video, rendition)
    json = "application/json" in request.headers.get("accept", "")
    if rendition == actions.ORIGINAL:
        state: str = Download.State.READY
    else:
        state = actions.ask(video, rendition).state
    ready = state == Download.State.READY
    address = addresses.file(video, request.user, rendition, access.unlocked(request)) if ready else None
    response: HttpResponse
    if json:
        response = JsonResponse({"state": state, "url": address}, status=200 if ready else 202)
    elif address is not None:
        response = HttpResponseRedirect(address)
    else:
        context = {"video": video, "rendition": rendition, "failed": state == Download.State.FAILED}
        response = render(request, "video/download.html", context, status=202)
    response.headers["Cache-Control"] = "private, no-store"
    return response
