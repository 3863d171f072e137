"""One's own videos: how far they are, and the same change of several at once."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.security.ratelimit import limited
from video import access, actions
from video.library import bulk, cards, slots
from video.library.searching import Wish
from video.library.words import WORDS
from video.models import Category, Channel, Video
from video.watching import places

PAGE: Final = 48
STATES: Final = {
    "ready": (Video.State.READY,), "failed": (Video.State.FAILED, Video.State.CANCELLED),
    "making": (Video.State.DRAFT, Video.State.UPLOADING, Video.State.FETCHING, Video.State.WAITING, Video.State.MAKING),
}  # fmt: skip
TRASH: Final = "trash"


@login_required
@require_GET
def mine(request: UserRequest) -> HttpResponse:
    """``video/mine.html``: ``q``, ``state`` (also ``trash``), ``privacy``, ``undo``: what can be taken back."""
    state, privacy = request.GET.get("state", ""), request.GET.get("privacy", "")
    wish = Wish.read(request.GET.get("q", ""))
    rows, following = places.piece(_rows(request, wish, state, privacy), "created", PAGE, places.after_of(request))
    tags = bulk.tags_of(rows)
    context = {
        "rows": [{"card": card, "tags": tags.get(card.video.pk, [])} for card in cards.cards(request, rows)], "next": following, "wish": wish,
        "state": state, "privacy": privacy, "states": list(STATES), "privacies": Video.Privacy, "choices": bulk.PRIVACIES,
        "categories": Category.objects.all(), "channels": Channel.objects.filter(owner=request.user.pk), "undo": request.GET.get("undo", "")[:40],
        "slots": slots.filled(request, "tabs", "studio_top", "studio_row"), "which": "mine",
    }  # fmt: skip
    return render(request, "video/mine.html", context)


def _rows(request: UserRequest, wish: Wish, state: str, privacy: str) -> "QuerySet[Video]":
    rows = access.videos_of(request.user).select_related("owner", "channel", "category")
    rows = rows.filter(trashed__isnull=False) if state == TRASH else rows.filter(trashed=None)
    if state in STATES:
        rows = rows.filter(state__in=STATES[state])
    if privacy in Video.Privacy.values:
        rows = rows.filter(privacy=privacy)
    return rows.filter(words__in=WORDS.keys(wish.words, wish.beginning)) if wish.words else rows


@login_required
@require_POST
@limited("video.bulk", "60/m")
def change(request: UserRequest) -> HttpResponse:
    """``videos`` (slugs), and what they shall have: ``privacy``, ``category`` (``-``: none), ``channel``, ``add_tags``, ``remove_tags``; or ``delete``."""
    videos = bulk.chosen(request.user, request.POST.getlist("videos"))
    token = bulk.change(request.user, videos, _wish(request))
    said = {"n": len(videos)}
    if "delete" in request.POST:
        text = ngettext("%(n)d video lies in the trash.", "%(n)d videos lie in the trash.", len(videos)) % said
    else:
        text = ngettext("%(n)d video is changed.", "%(n)d videos are changed.", len(videos)) % said
    messages.success(request, text)
    return redirect(f"{reverse('video:mine')}?undo={token}")


def _wish(request: HttpRequest) -> bulk.Change:
    if "delete" in request.POST:
        return bulk.Change(delete=True)
    said: dict[str, Any] = {name: request.POST.get(name) or None for name in ("privacy", "category", "channel")}
    if said["category"] == "-":
        said["category"] = ""
    return bulk.Change(**said, add_tags=_tags(request, "add_tags"), remove_tags=_tags(request, "remove_tags"))


def _tags(request: HttpRequest, name: str) -> tuple[str, ...]:
    return tuple(one for one in request.POST.get(name, "")[:1_500].split(",") if actions.tag_name(one))


@login_required
@require_POST
@limited("video.bulk", "60/m")
def undo(request: UserRequest) -> HttpResponse:
    count = bulk.undo(request.user, request.POST.get("undo", ""))
    said = ngettext("%(n)d video is as it was.", "%(n)d videos are as they were.", count) % {"n": count}
    messages.success(request, said)
    return redirect("video:mine")


@login_required
@require_POST
@limited("video.bulk", "60/m")
def restore(request: UserRequest) -> HttpResponse:
    """``slug``: out of the trash."""
    actions.restore(access.own(request.user, request.POST.get("slug", "")))
    messages.success(request, _("It is back."))
    return redirect(f"{reverse('video:mine')}?state={TRASH}")
