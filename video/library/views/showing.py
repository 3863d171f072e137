"""The page of one video: the player, what it is about, and what one can do with it. Before it, where need be, its password."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from meatlizard.errors import Forbidden, NotFound
from meatlizard.moderation import rulebook
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from shortener import qr as codes
from video import access, player_settings
from video.library import addresses, cards, describing, listing, meta, slots, thumbnails
from video.library.chapters import parse
from video.library.forms import PasswordForm
from video.models import Video

DRAWING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
@player_settings.plays
def watch(request: HttpRequest, slug: str) -> HttpResponseBase:
    """``video/watch.html``; ``t``: where to begin."""
    try:
        video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    except access.PasswordWanted:
        return _quietly(_ask)(request, slug, PasswordForm())
    page = _page if video.privacy == Video.Privacy.PUBLIC else _quietly(_page)
    return page(request, video)


# What is not for everybody: no search engine is to have it, and no cache.
_quietly = unlisted


def _page(request: HttpRequest, video: Video) -> HttpResponse:
    tells, mine = meta.tells(video), video.owner_id == request.user.pk
    public = video.privacy == Video.Privacy.PUBLIC
    context = {
        "video": video, "mine": mine, "title": meta.title(video), "card": meta.card(video) if tells else None,
        "schema": meta.schema(video) if tells and public else None, "public": public, "player": player_settings.of(video, request),
        "start": request.GET.get("t") or request.GET.get("start", ""), "description": describing.rendered(video.description, video.duration),
        "chapters": parse(video.description, video.duration), "tags": list(video.tags.values_list("name", flat=True)),
        "related": cards.cards(request, listing.related(video)), "address": addresses.whole(addresses.watch(video)),
        "frame": meta.frame(video, *meta.fitting(*meta.size(video), None, None)) if tells and meta.may_embed(video) else "",
        "sign": cards.SIGNS[video.privacy] if not public else "", "reports": bool(rulebook.current().reports),
        "slots": slots.filled(request, "tabs", "card", "actions", "beside", "below", "head", "scripts", video=video),
    }  # fmt: skip
    return render(request, "video/watch.html", context)


def _ask(request: HttpRequest, slug: str, form: PasswordForm, status: int = 200) -> HttpResponse:
    """Nothing of the video stands on it."""
    return render(request, "video/password.html", {"form": form, "slug": slug}, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def unlock(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Takes the password of a video. Tries are limited for each address, and for all of them together."""
    try:
        access.watch(request.user, slug, unlocked=access.unlocked(request))
    except access.PasswordWanted:
        pass
    else:
        return redirect("video:watch", slug)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _ask(request, slug, form, 400 if form.is_bound else 200)
    try:
        access.remember(request, access.locked(slug).unlock(form.cleaned_data["password"], address_key(request)))
    except Forbidden as error:
        form.add_error("password", error.message)
        return _ask(request, slug, form, error.status)
    return redirect("video:watch", slug)


@require_GET
def thumbnail(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """A picture of it, for who may watch it: pixels that this site has written."""
    try:
        video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    except access.PasswordWanted as wanted:
        raise _hidden() from wanted
    with thumbnails.opened(video, name) as file:
        answer = HttpResponse(file.read(), content_type=thumbnails.TYPES[name.rpartition(".")[2]])
    public = video.privacy == Video.Privacy.PUBLIC
    answer.headers["Cache-Control"] = "public, max-age=3600" if public else "private, no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if meta.tells(video) else "same-origin"
    return answer


def _hidden() -> NotFound:
    return NotFound(str(access.NO_SUCH_VIDEO), code="no_such_video")


@require_GET
@unlisted
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """Its address, as an SVG picture; for who may watch it."""
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    drawn = codes.draw(addresses.whole(addresses.watch(video)), "svg", codes.look(scale="6"))
    return HttpResponse(drawn, content_type=codes.TYPES["svg"], headers={"Content-Security-Policy": DRAWING})
