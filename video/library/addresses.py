"""Where videos are, for pages, feeds and other sites."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from video.addresses import embed, picture, watch
from video.models import Channel, Video
from video.serving.addresses import public

__all__ = ["channel", "embed", "oembed", "picture", "public", "watch", "whole"]


def whole(path: str) -> str:
    """To be passed on: for feeds, cards, and other sites."""
    return settings.SITE_URL + path


def channel(row: Channel) -> str:
    return reverse("video:channel", args=[row.handle])


def oembed(video: Video) -> str:
    return whole(reverse("video:oembed")) + "?" + urlencode({"url": whole(watch(video)), "format": "json"})
