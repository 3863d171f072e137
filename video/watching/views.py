"""What players tell, the history, and figures in the studio."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.security import ratelimit
from meatlizard.security.client_address import address_key
from video import access
from video.library import spans
from video.library.slots import filled
from video.watching import actions, audience, beats, figures, history, plots, tables
from video.watching.places import after_of, piece
from video.watching.rows import rows as lines

PAGE = 24


# A page that goes can send no header of its own (``sendBeacon``): the signed session says that it is a page of ours.
@csrf_exempt
@require_POST
def watching(request: HttpRequest, slug: str) -> HttpResponse:
    """204 for what a player tells (:class:`video.watching.beats.Beat`), as JSON of whatever content type."""
    ratelimit.check("video.watching", f"address {address_key(request)}", "1200/m", open_in_trouble=True)
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    beat = beats.read(request.read(beats.MOST_BYTES + 1))
    session = beats.opened(beat.session, video.pk.hex)
    ratelimit.check("video.watching", f"session {session.key}", "120/m", open_in_trouble=True)
    who = audience.of(request, video, session)
    person = audience.person_of(request, session)
    actions.hear(video, who, beat, person, believed=lambda: audience.may_count(request, video, who))
    response = HttpResponse(status=204)
    if person is None:
        response.set_cookie(
            audience.COOKIE, audience.cookie(who), max_age=audience.COOKIE_SECONDS, path="/v/", secure=request.is_secure(), httponly=True,
            samesite="Lax",
        )  # fmt: skip
    return response


@login_required
@require_GET
def history_page(request: UserRequest) -> HttpResponse:
    """``video/watching/history.html``. Context: ``rows``, ``after``, ``paused``, ``continuing`` (on the first piece)."""
    rows, after = piece(history.of(request.user), "changed", PAGE, after_of(request))
    begun = [] if "after" in request.GET else history.continuing(request.user)[:6]
    context = {
        "rows": lines(rows),
        "after": after,
        "paused": history.is_paused(request.user),
        "continuing": lines(begun),
        "slots": filled(request, "tabs"),
    }
    return render(request, "video/watching/history.html", context)


@login_required
@require_POST
def history_change(request: UserRequest) -> HttpResponse:
    """``do``: ``pause``, ``resume``, ``clear``, or ``remove`` with ``video``."""
    wish = request.POST.get("do")
    if wish in ("pause", "resume"):
        history.pause(request.user, wish == "pause")
    elif wish == "clear":
        history.remove(request.user, None)
        messages.success(request, gettext("Your history is empty now."))
    elif wish == "remove":
        history.remove(
            request.user, access.watch(request.user, request.POST.get("video", ""), unlocked=access.unlocked(request))
        )
        messages.success(request, gettext("It is not in your history any more."))
    return redirect("video:history")


@login_required
@require_http_methods(["GET", "HEAD"])
def analytics(request: UserRequest, slug: str) -> HttpResponse:
    """``video/watching/analytics.html``. Context: ``video``, ``days``, ``spans``, ``figures``, ``plot``, ``curve``, ``traffic_plot``, ``tops``."""
    video = access.own(request.user, slug)
    days = tables.days_of(request.GET.get("days", ""))
    found = figures.of(video, days)
    sent, unit = plots.traffic(found.traffic)
    context = {
        "video": video, "days": days, "spans": tables.spans(), "figures": found, "plot": plots.views(found), "curve": plots.curve(found.retention),
        "traffic_plot": sent, "unit": unit, "tops": tables.tops(found), "milestones": tables.milestones(found.retention), "average": spans.clock(found.average),
    }  # fmt: skip
    return render(request, "video/watching/analytics.html", context)


@login_required
@require_GET
def analytics_csv(request: UserRequest, slug: str) -> HttpResponse:
    """Rows of ``kind``, ``value``, ``count``, ``own``, ``bots``, ``seconds``."""
    video = access.own(request.user, slug)
    found = figures.of(video, tables.days_of(request.GET.get("days", "")))
    response = HttpResponse(tables.as_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="video-{video.slug[:8]}.csv"'
    return response
