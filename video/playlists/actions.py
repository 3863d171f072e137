"""Verbs on playlists. Whoever changes the order of one stands in line at its row."""

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from video.actions import line
from video.models import Playlist, PlaylistItem, Video

MOST: Final = 500
"""Playlists of one person."""

MOST_VIDEOS: Final = 1_000
MOST_PEOPLE: Final = 100


def create(owner: User, title: str, *, privacy: str = Playlist.Privacy.PRIVATE, about: str = "") -> Playlist:
    """Raises Invalid, LimitReached."""
    facts = _checked(title, privacy, about)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Playlist.objects.filter(owner=owner.pk).count() >= MOST:
            raise LimitReached(
                gettext("You have as many playlists as one may have. Delete one first."), code="playlists"
            )
        return Playlist.objects.create(owner=owner, **facts)


def change(playlist: Playlist, title: str, privacy: str, about: str, people: Iterable[User] = ()) -> None:
    """``people`` see it while it is shared. Raises Invalid for the list of what is watched later, LimitReached."""
    if playlist.kind == Playlist.Kind.LATER:
        raise Invalid(gettext("What you want to watch later is yours alone."), code="later_is_private")
    facts = _checked(title, privacy, about)
    chosen = {person.pk for person in people} - {playlist.owner_id}
    if len(chosen) > MOST_PEOPLE:
        raise LimitReached(gettext("These are more people than a playlist can be shared with."), code="people")
    with transaction.atomic():
        Playlist.objects.filter(pk=playlist.pk).update(**facts, changed=timezone.now())
        playlist.people.set(chosen)
    playlist.refresh_from_db()


def delete(playlist: Playlist) -> None:
    if playlist.kind == Playlist.Kind.LATER:
        PlaylistItem.objects.filter(playlist=playlist).delete()
    else:
        playlist.delete()


def later_of(user: User) -> Playlist:
    """What this person wants to watch later; made when it is first asked for."""
    row = Playlist.objects.filter(owner=user.pk, kind=Playlist.Kind.LATER).first()
    if row is None:
        made = Playlist(owner=user, kind=Playlist.Kind.LATER, title="Later", privacy=Playlist.Privacy.PRIVATE)
        Playlist.objects.bulk_create([made], ignore_conflicts=True)
        row = Playlist.objects.get(owner=user.pk, kind=Playlist.Kind.LATER)
    return row


def add(playlist: Playlist, video: Video, at: int | None = None) -> bool:
    """At the end, or before the one at place ``at`` (from nought). False where it is in it already."""
    with transaction.atomic():
        _stand_in_line(playlist)
        mine = PlaylistItem.objects.filter(playlist=playlist)
        if mine.filter(video=video.pk).exists():
            return False
        if mine.count() >= MOST_VIDEOS:
            raise LimitReached(gettext("This playlist is full. Begin another one."), code="playlist_full")
        last = mine.aggregate(last=Max("order"))["last"]
        row = PlaylistItem.objects.create(playlist=playlist, video=video, order=0 if last is None else last + 1)
        if at is not None:
            _place(playlist, row, at)
        _changed(playlist)
    return True


def take_out(playlist: Playlist, video: Video | None = None, item: int | None = None) -> int | None:
    """A video, or the one of an entry: what is not to be seen any more can be taken out, too. The place it had; None if it was not there."""
    with transaction.atomic():
        _stand_in_line(playlist)
        rows = list(PlaylistItem.objects.filter(playlist=playlist).order_by("order", "pk"))
        for place, row in enumerate(rows):
            if row.pk == item or (video is not None and row.video_id == video.pk):
                row.delete()
                _changed(playlist)
                return place
    return None


def move(playlist: Playlist, item: int, to: int) -> None:
    """``to``: the place it has then, from nought; what lies beyond an end is that end. Raises Invalid for what is not in it."""
    with transaction.atomic():
        _stand_in_line(playlist)
        row = PlaylistItem.objects.filter(playlist=playlist, pk=item).first()
        if row is None:
            raise Invalid(gettext("This video is not in the playlist any more."), code="not_in_playlist")
        _place(playlist, row, to)
        _changed(playlist)


def put(user: User, video: Video, chosen: Iterable[Playlist], offered: Iterable[Playlist]) -> None:
    """In those of the offered lists that are chosen, and in no others of them."""
    wanted = {row.pk for row in chosen}
    for playlist in offered:
        if playlist.pk in wanted:
            add(playlist, video)
        else:
            take_out(playlist, video)


def _place(playlist: Playlist, item: PlaylistItem, to: int) -> None:
    rows = [row for row in PlaylistItem.objects.filter(playlist=playlist).order_by("order", "pk") if row.pk != item.pk]
    rows.insert(max(0, min(to, len(rows))), item)
    moved = []
    for order, row in enumerate(rows):
        if row.order != order:
            row.order = order
            moved.append(row)
    PlaylistItem.objects.bulk_update(moved, ["order"], batch_size=200)


def _stand_in_line(playlist: Playlist) -> None:
    Playlist.objects.select_for_update(no_key=True, of=("self",)).get(pk=playlist.pk)


def _changed(playlist: Playlist) -> None:
    Playlist.objects.filter(pk=playlist.pk).update(changed=timezone.now())


def _checked(title: str, privacy: str, about: str) -> dict[str, str]:
    title = line(title, 150)
    if not title:
        raise Invalid(gettext("Give the playlist a name."), code="title_missing")
    if privacy not in Playlist.Privacy.values:
        raise Invalid(gettext("This is none of the choices."), code="privacy")
    about = about.replace("\x00", "").replace("\r\n", "\n")[:2_000].strip()
    return {"title": title, "privacy": privacy, "about": about}
