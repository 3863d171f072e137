"""The page that stands in a frame of another site, and the settings of a player once its addresses have expired."""

from typing import Any, Final, cast

from csp.constants import NONE
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited
from video import access, player_settings
from video.access import NO_SUCH_VIDEO
from video.embedding.hosts import ancestors
from video.models import Video

SWITCHES: Final = ("autoplay", "muted", "loop")
ON: Final = frozenset({"1", "true", "yes", "on"})


@require_GET
@xframe_options_exempt
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """``video/embed.html``. Query: ``start`` or ``t`` (seconds, or as 1m30s), ``autoplay``, ``muted``, ``loop`` (``1``), ``controls`` (``0``
    hides them). Who may not watch it learns nothing, and neither does anybody of a video that is to be shown nowhere else."""
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    if video.embed == Video.Embed.OFF:
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    options = [name for name in SWITCHES if request.GET.get(name, "").lower() in ON]
    context = {
        "video": video, "player": player_settings.of(video, request, embedded=True), "options": " ".join(options),
        "start": request.GET.get("start") or request.GET.get("t", ""), "controls": request.GET.get("controls") != "0",
    }  # fmt: skip
    response = render(request, "video/embed.html", context)
    # Of the two policies that say who may frame a page, this is the one that knows several hosts.
    cast(Any, response)._csp_update = player_settings.PLAYS
    cast(Any, response)._csp_replace = {"frame-ancestors": ancestors(video), "form-action": [NONE]}
    return response


@require_GET
@limited("video.player", "120/m", methods=("GET",))
def player(request: HttpRequest, slug: str) -> HttpResponse:
    """JSON :data:`video.player_settings.FIELDS`, with addresses that hold from now on. Query: ``embedded=1`` for a player in a frame."""
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    answer = JsonResponse(player_settings.of(video, request, embedded=request.GET.get("embedded") == "1"))
    answer.headers["Cache-Control"] = "no-store"
    return answer
