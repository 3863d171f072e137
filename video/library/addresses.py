"""Where videos are. What answers streams and pictures may stand ahead of Django, so that these addresses are written out here."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from video.addresses import picture
from video.models import Channel, Video

__all__ = ["channel", "embed", "oembed", "page", "picture", "stream", "whole"]


def page(video: Video) -> str:
    return f"/v/{video.slug}/"


def whole(path: str) -> str:
    """To be passed on: for feeds, cards, and other sites."""
    return settings.SITE_URL + path


def embed(video: Video) -> str:
    return f"/v/{video.slug}/embed/"


def stream(video: Video) -> str:
    """Of a public video: its address needs no token, and does not expire."""
    return f"/v/{video.slug}/hls/-/master.m3u8"


def channel(row: Channel) -> str:
    return reverse("video:channel", args=[row.handle])


def oembed(video: Video) -> str:
    return whole(reverse("video:oembed")) + "?" + urlencode({"url": whole(page(video)), "format": "json"})
