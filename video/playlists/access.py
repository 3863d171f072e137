"""The doors to playlists. What stands in one is looked at anew: nobody sees a video by somebody else's list that they could not see without it."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from video.access import Viewer
from video.models import Playlist

Privacy = Playlist.Privacy


def access_playlist(viewer: Viewer, slug: str, *, write: bool = False) -> Playlist:
    """Raises NotFound; Forbidden for who may see it and would change it."""
    rows = _open_to(viewer).select_related("owner").filter(slug=slug.replace("\x00", ""))
    row = rows.first()
    if row is None:
        raise NotFound(
            gettext("There is no such playlist. It may be for others, or be deleted."), code="no_such_playlist"
        )
    if write and row.owner_id != viewer.pk:
        raise Forbidden(code="not_yours")
    return row


def playlists_of(user: User) -> "QuerySet[Playlist]":
    """One's own, without what is to be watched later."""
    return Playlist.objects.filter(owner=user.pk, kind=Playlist.Kind.OWN).order_by("-changed", "-pk")


def shared_with(user: User) -> "QuerySet[Playlist]":
    rows = Playlist.objects.filter(at_large("owner__"), privacy=Privacy.PEOPLE, people=user.pk)
    return rows.select_related("owner").order_by("-changed", "-pk")


def public_of(owner: int) -> "QuerySet[Playlist]":
    """That everybody finds, of one person."""
    return Playlist.objects.filter(at_large("owner__"), owner=owner, privacy=Privacy.PUBLIC).order_by("-changed", "-pk")


def _open_to(viewer: Viewer) -> "QuerySet[Playlist]":
    rights = Q(privacy__in=(Privacy.PUBLIC, Privacy.UNLISTED)) & at_large("owner__")
    if viewer.is_authenticated:
        named = Playlist.people.through.objects.filter(user_id=viewer.pk).values("playlist_id")
        rights |= Q(owner=viewer.pk) | (Q(privacy=Privacy.PEOPLE, pk__in=named) & at_large("owner__"))
    return Playlist.objects.filter(rights)
