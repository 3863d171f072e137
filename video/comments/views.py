"""Comments at a video, with and without scripts: a script asks for the section alone, and puts it in the place of what is there."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import reports
from meatlizard.moderation.forms import ReportForm
from meatlizard.security.client_address import address_key
from meatlizard.security.ratelimit import limited
from video import access, addresses
from video.comments import actions, inbox, listing
from video.comments.access import access_comment
from video.comments.section import ORDER, section
from video.library.slots import filled
from video.models import Video
from video.watching.places import after_of, piece

PAGE = 30


@require_GET
def comments(request: HttpRequest, slug: str) -> HttpResponse:
    """``video/comments/page.html`` (or the section alone): see :func:`video.comments.section.section`."""
    return _shown(request, _video(request, slug))


@require_GET
def comment(request: HttpRequest, slug: str, comment: str) -> HttpResponse:
    """``video/comments/thread.html``: the thread in which it stands. Context: ``video``, ``said``, ``after``, ``at``, ``may_say``."""
    video = _video(request, slug)
    row = access_comment(request.user, video, comment)
    said, after = listing.thread(video, request.user, row, after_of(request))
    context = section(request, video, items=[said]) | {"after": after, "at": row, "said": said}
    return render(request, "video/comments/thread.html", context)


@login_required
@require_POST
@limited("video.comment", "30/10m")
def say(request: UserRequest, slug: str) -> HttpResponse:
    """``text``, and ``parent`` for an answer."""
    video = _video(request, slug)
    key = request.POST.get("parent", "")
    parent = access_comment(request.user, video, key) if key else None
    row = actions.say(video, request.user, request.POST.get("text", ""), parent)
    if row.state == row.State.HELD:
        messages.success(
            request, gettext("Your comment is with the owner of the video, and is shown once they have read it.")
        )
    return _answer(request, video, row.public_id, said=row)


@login_required
@require_POST
@limited("video.comment", "30/10m")
def edit(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    video = _video(request, slug)
    actions.edit(request.user, access_comment(request.user, video, comment), request.POST.get("text", ""))
    return _answer(request, video, comment)


@login_required
@require_POST
def remove(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    video = _video(request, slug)
    actions.remove(request.user, access_comment(request.user, video, comment))
    return _answer(request, video)


@login_required
@require_POST
@limited("video.like", "240/10m")
def like(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    """``on``: 1 or 0."""
    video = _video(request, slug)
    actions.like(request.user, access_comment(request.user, video, comment), request.POST.get("on") == "1")
    return _answer(request, video, comment)


@login_required
@require_POST
def approve(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    video = _video(request, slug)
    actions.approve(request.user, access_comment(request.user, video, comment))
    return _answer(request, video, comment)


@login_required
@require_POST
def block(request: UserRequest, slug: str, comment: str) -> HttpResponse:
    video = _video(request, slug)
    row = access_comment(request.user, video, comment)
    actions.block(request.user, row)
    messages.success(request, gettext("They say nothing more at your videos. You can take that back under “Comments”."))
    return _answer(request, video, comment)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("video.report", "60/h", by="address")
def report(request: HttpRequest, slug: str, comment: str) -> HttpResponse:
    """``chat/report.html`` for whoever sees the comment, signed in or not."""
    if not rulebook.current().reports:
        raise NotFound(gettext("Reports are switched off on this site."), code="reports_off")
    video = _video(request, slug)
    row = access_comment(request.user, video, comment)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who = request.user if isinstance(request.user, User) else None
        try:
            reports.report(
                who, address_key(request), service=actions.SERVICE, target=actions.target_of(row), text=row.text,
                reason=form.cleaned_data["reason"], comment=form.cleaned_data["comment"], place=f"video:{video.slug}", owner=row.author_id,
            )  # fmt: skip
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{request.path}?sent=1")
    back = reverse("video:comment", args=[video.slug, row.public_id])
    context = {"form": form, "back": back, "what": "share", "sent": "sent" in request.GET}
    return render(request, "chat/report.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def said(request: UserRequest) -> HttpResponse:
    """``video/comments/inbox.html``: what others say to one. Context: ``rows``, ``after``, ``held``, ``blocked``, ``only_held``."""
    only_held = request.GET.get("show") == "held"
    rows = inbox.held(request.user) if only_held else inbox.said_to(request.user)
    shown, after = piece(rows, "created", PAGE, after_of(request))
    context = {
        "rows": shown, "after": after, "held": inbox.held(request.user).count(), "blocked": inbox.blocked(request.user),
        "only_held": only_held,
        "slots": filled(request, "tabs"),
    }  # fmt: skip
    answer = render(request, "video/comments/inbox.html", context)
    inbox.mark_seen(request.user)
    return answer


@login_required
@require_POST
def unblock(request: UserRequest) -> HttpResponse:
    key = request.POST.get("person", "")
    if key.isdecimal() and len(key) < 19:
        actions.unblock(request.user, int(key))
    return redirect("video:said")


def _video(request: HttpRequest, slug: str) -> Video:
    return access.watch(request.user, slug, unlocked=access.unlocked(request))


def _answer(request: HttpRequest, video: Video, at: str = "", **more: Any) -> HttpResponse:
    """The section for a script; for others the place where they were."""
    if "X-Section" in request.headers:
        return _shown(request, video, at, **more)
    if request.POST.get("next") == "said":
        return redirect("video:said")
    return redirect(addresses.watch(video) + (f"#c-{at}" if at else "#comments"))


def _shown(request: HttpRequest, video: Video, at: str = "", **more: Any) -> HttpResponse:
    """``also``: the comment ``at``, where it is not in this piece."""
    order = request.POST.get("order") or request.GET.get(ORDER, "")
    context = section(request, video, order=order, after=after_of(request)) | more
    if at and not any(one.row.public_id == at for item in context["items"] for one in (item, *item.below)):
        context["also"] = listing.alone(video, request.user, at)
    name = "_section" if "X-Section" in request.headers else "page"
    response = render(request, f"video/comments/{name}.html", context)
    response["Vary"] = "X-Section"
    return response
