from django import template
from django.db.models import QuerySet

from video.models import Playlist
from video.playlists import showing
from video.playlists.access import public_of

register = template.Library()


@register.simple_tag
def public_playlists(owner: int) -> "QuerySet[Playlist]":
    """That everybody finds, of one person, each with how many ``videos``."""
    return showing.with_counts(public_of(owner))[:50]
