"""What other programs read: feeds, sitemaps, oEmbed. Nobody is asked who they are, and nobody gets more than a visitor would."""

from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited
from video import access
from video.library import addresses, feeds, listing, meta
from video.library.shelves import category_called
from video.models import Video

SITEMAP = "application/xml; charset=utf-8"
LARGEST = 10_000
"""Pixels that anybody asks for."""


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    return _feed(request, _("Videos"), reverse("video:home"), listing.public())


@require_safe
def channel_feed(request: HttpRequest, handle: str) -> HttpResponse:
    row = access.channel(handle)
    rows = listing.of_channel(AnonymousUser(), row)
    return _feed(request, row.name, addresses.channel(row), rows, row.about)


@require_safe
def category_feed(request: HttpRequest, category_slug: str) -> HttpResponse:
    row = category_called(category_slug)
    return _feed(request, _(row.name), reverse("video:category", args=[row.slug]), listing.in_category(row))


def _feed(request: HttpRequest, title: str, page: str, rows: "QuerySet[Video]", about: str = "") -> HttpResponse:
    own = addresses.whole(request.path)
    text = feeds.rss(title, addresses.whole(page), own, feeds.newest(rows), about)
    return HttpResponse(text, content_type=feeds.TYPE, headers={"Cache-Control": "public, max-age=300"})


@require_safe
@limited("video.sitemap", "30/m", by="address", methods=("GET",))
def sitemap(request: HttpRequest) -> HttpResponse:
    """All public videos, or where the sitemaps of them are."""
    pages = feeds.sitemap_pages()
    one = addresses.whole(reverse("video:sitemap-page", args=[1])).replace("-1.xml", "-%d.xml")
    text = feeds.sitemap(1) if pages == 1 else feeds.sitemap_index(pages, one)
    return HttpResponse(text, content_type=SITEMAP, headers={"Cache-Control": "public, max-age=3600"})


@require_safe
@limited("video.sitemap", "30/m", by="address", methods=("GET",))
def sitemap_page(request: HttpRequest, number: int) -> HttpResponse:
    if not 1 <= number <= feeds.sitemap_pages():
        raise Http404
    return HttpResponse(feeds.sitemap(number), content_type=SITEMAP, headers={"Cache-Control": "public, max-age=3600"})


@require_safe
@limited("video.oembed", "240/m", by="address", methods=("GET",))
def oembed(request: HttpRequest) -> HttpResponse:
    """By https://oembed.com/: ``url``, ``maxwidth``, ``maxheight``, ``format`` (json alone). What strangers may not watch is not there."""
    if request.GET.get("format", "json") != "json":
        return JsonResponse({"error": _("This site answers in JSON.")}, status=501)
    video = _of_address(request, request.GET.get("url", ""))
    answer = JsonResponse(meta.oembed(video, _size(request, "maxwidth"), _size(request, "maxheight")))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _of_address(request: HttpRequest, address: str) -> Video:
    """Raises NotFound; one with a password is as little there as a private one."""
    nothing = NotFound(str(access.NO_SUCH_VIDEO), code="no_such_video")
    try:
        parts = urlsplit(address[:2_000])
    except ValueError:
        raise nothing from None
    pieces = parts.path.strip("/").split("/")
    hosts = {request.get_host(), urlsplit(addresses.whole("/")).netloc}
    if (
        parts.scheme not in ("http", "https")
        or parts.netloc not in hosts
        or pieces[:1] != ["v"]
        or len(pieces) not in (2, 3)
    ):
        raise nothing
    try:
        video = access.watch(AnonymousUser(), pieces[1])
    except access.PasswordWanted:
        raise nothing from None
    if not meta.tells(video):
        raise nothing
    return video


def _size(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")[:6]
    return min(int(text), LARGEST) if text.isascii() and text.isdecimal() and int(text) > 0 else None
