from django import template
from django.db.models import QuerySet

from video.models import Playlist
from video.playlists import showing
from video.playlists.access import public_of
from video.uploading.actions import taken

register = template.Library()


@register.simple_tag
def public_playlists(owner: int) -> "QuerySet[Playlist]":
    """That everybody finds, of one person, each with how many ``videos``."""
    return showing.with_counts(public_of(owner))[:50]


@register.filter
def becomes_video(media_type: str) -> bool:
    return taken(media_type)
