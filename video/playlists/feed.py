"""A playlist as RSS, for readers and programs that play one video after another."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from video.library import addresses, feeds, listing
from video.models import Playlist
from video.playlists.access import access_playlist


@require_safe
def feed(request: HttpRequest, list_slug: str) -> HttpResponse:
    """Of a public or unlisted one, what everybody finds of its videos, those added last first. Nobody is asked who they are."""
    row = access_playlist(AnonymousUser(), list_slug)
    page = addresses.whole(reverse("video:playlist", args=[row.slug]))
    videos = (
        listing.public().filter(in_playlists__playlist=row.pk).order_by("-in_playlists__added", "-in_playlists__pk")
    )
    text = feeds.rss(row.title, page, addresses.whole(request.path), videos[: feeds.MOST], row.about)
    headers = {"Cache-Control": "public, max-age=300"}
    if row.privacy != Playlist.Privacy.PUBLIC:
        headers |= {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    return HttpResponse(text, content_type=feeds.TYPE, headers=headers)
