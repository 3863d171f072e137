"""Pages of playlists, and what is done with them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited
from video import access, addresses, likes
from video.library.slots import filled
from video.models import Playlist, Video
from video.playlists import actions, showing
from video.playlists.access import access_playlist, playlists_of, shared_with
from video.playlists.forms import PlaylistForm
from video.playlists.saving import offered
from video.watching.places import after_of, piece
from video.watching.rows import rows as lines

PAGE = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("video.playlist", "60/h")
def playlists(request: UserRequest) -> HttpResponse:
    """``video/playlists/index.html``: one's own and those shared with one; POST makes one. Context: ``own``, ``shared``, ``form``."""
    form = PlaylistForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        row = actions.create(request.user, said["title"], privacy=said["privacy"], about=said["about"])
        actions.change(row, said["title"], said["privacy"], said["about"], said["people"])
        return redirect("video:playlist", row.slug)
    context = {
        "own": showing.with_counts(playlists_of(request.user)), "shared": showing.with_counts(shared_with(request.user)), "form": form,
        "slots": filled(request, "tabs"),
    }  # fmt: skip
    return render(request, "video/playlists/index.html", context, status=400 if form.errors else 200)


@require_GET
def playlist(request: HttpRequest, list_slug: str) -> HttpResponse:
    """``video/playlists/playlist.html``. Context: ``playlist``, ``entries``, ``mine``, ``undo`` (a video that was just taken out), ``undo_at``."""
    return _page(request, access_playlist(request.user, list_slug))


@login_required
@require_GET
def later(request: UserRequest) -> HttpResponse:
    """The same, of what one wants to watch later."""
    return _page(request, actions.later_of(request.user))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, list_slug: str) -> HttpResponse:
    """``video/playlists/edit.html``. Context: ``playlist``, ``form``."""
    row = access_playlist(request.user, list_slug, write=True)
    names = "\n".join(row.people.order_by("username").values_list("username", flat=True))
    start = {"title": row.title, "about": row.about, "privacy": row.privacy, "people": names}
    form = PlaylistForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        actions.change(row, said["title"], said["privacy"], said["about"], said["people"])
        messages.success(request, gettext("Saved."))
        return redirect("video:playlist", row.slug)
    return render(
        request, "video/playlists/edit.html", {"playlist": row, "form": form, "slots": filled(request, "tabs")},
        status=400 if form.errors else 200,
    )  # fmt: skip


@login_required
@require_POST
def delete(request: UserRequest, list_slug: str) -> HttpResponse:
    row = access_playlist(request.user, list_slug, write=True)
    actions.delete(row)
    messages.success(request, gettext("The playlist is gone. Its videos are where they were."))
    return redirect("video:playlists")


@login_required
@require_POST
def move(request: UserRequest, list_slug: str) -> HttpResponse:
    """``item`` to the place ``to`` (from nought)."""
    row = access_playlist(request.user, list_slug, write=True)
    actions.move(row, _number(request, "item"), _number(request, "to"))
    return _done(request, row)


@login_required
@require_POST
def take_out(request: UserRequest, list_slug: str) -> HttpResponse:
    """``item``; the page then offers to put it back."""
    row = access_playlist(request.user, list_slug, write=True)
    item = _number(request, "item")
    video = next((entry.video for entry in showing.entries(row, request.user) if entry.item == item), None)
    place = actions.take_out(row, item=item)
    if video is not None and place is not None and "application/json" not in request.headers.get("Accept", ""):
        return redirect(f"{_address(row)}?undo={video.slug}&at={place}")
    return _done(request, row)


@login_required
@require_POST
def put_back(request: UserRequest, list_slug: str) -> HttpResponse:
    """``video`` at the place ``at``."""
    row = access_playlist(request.user, list_slug, write=True)
    actions.add(row, _watchable(request, request.POST.get("video", "")), _number(request, "at"))
    return redirect(_address(row))


@login_required
@require_POST
@limited("video.save", "240/10m")
def save(request: UserRequest, slug: str) -> HttpResponse:
    """Into which lists a video goes: ``in``, of the lists ``offered``, and a new one called ``title``."""
    video = _watchable(request, slug)
    known = {row.slug: row for row in offered(request.user)}
    told = [known[one] for one in request.POST.getlist("offered") if one in known]
    chosen = [known[one] for one in request.POST.getlist("in") if one in known]
    actions.put(request.user, video, chosen, told)
    if title := request.POST.get("title", "").strip():
        actions.add(actions.create(request.user, title), video)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"in": len(chosen) + bool(title)})
    messages.success(request, gettext("Saved."))
    return redirect(addresses.watch(video))


@login_required
@require_POST
@limited("video.like", "240/10m")
def like(request: UserRequest, slug: str) -> HttpResponse:
    """``on``: 1 or 0. ``{"likes", "liked"}`` for scripts."""
    video = _watchable(request, slug)
    wanted = request.POST.get("on") == "1"
    count = likes.like(request.user, video, wanted)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"likes": count, "liked": wanted})
    return redirect(addresses.watch(video))


@login_required
@require_GET
def liked(request: UserRequest) -> HttpResponse:
    """``video/playlists/liked.html``. Context: ``rows``, ``after``."""
    rows, after = piece(likes.liked_by(request.user), "created", PAGE, after_of(request))
    return render(
        request, "video/playlists/liked.html", {"rows": lines(rows), "after": after, "slots": filled(request, "tabs")}
    )


def _page(request: HttpRequest, row: Playlist) -> HttpResponse:
    undo = request.GET.get("undo", "")
    shown = showing.entries(row, request.user)
    open_to_all = row.privacy in (Playlist.Privacy.PUBLIC, Playlist.Privacy.UNLISTED)
    context = {
        "feed": reverse("video:playlist-feed", args=[row.slug]) if open_to_all else "", "playlist": row, "entries": shown, "first": next((one for one in shown if one.video is not None), None), "mine": row.owner_id == request.user.pk, "undo": undo[:32],
        "undo_at": request.GET.get("at", "") if request.GET.get("at", "").isdecimal() else "0", "later": row.kind == Playlist.Kind.LATER,
        "slots": filled(request, "tabs"),
    }  # fmt: skip
    return render(request, "video/playlists/playlist.html", context)


def _done(request: HttpRequest, row: Playlist) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"ok": True})
    return redirect(_address(row))


def _address(row: Playlist) -> str:
    return reverse("video:later") if row.kind == Playlist.Kind.LATER else reverse("video:playlist", args=[row.slug])


def _number(request: HttpRequest, name: str) -> int:
    said = request.POST.get(name, "")
    if not said.removeprefix("-").isdecimal() or len(said) > 18:
        raise Invalid(gettext("A number is missing."), code="number")
    return int(said)


def _watchable(request: HttpRequest, slug: str) -> Video:
    return access.watch(request.user, slug, unlocked=access.unlocked(request))
