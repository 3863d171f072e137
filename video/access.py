"""The doors to videos. A stranger gets the same answer for what is not theirs to see as for what does not exist.

``unlocked`` are proofs that the visitor has given passwords (:meth:`meatlizard.security.passwords.Lock.unlock`), as their session keeps them.
"""

import uuid
from collections.abc import Collection
from typing import ClassVar, TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from meatlizard.security.passwords import Lock
from video.models import Category, Channel, Video
from video.models.videos import VideoQuerySet

Viewer: TypeAlias = User | AnonymousUser

NO_SUCH_VIDEO = _("There is no such video. It may be for others, or be deleted.")
NO_SUCH_CHANNEL = _("There is no such channel.")
UNLOCKED = "video.unlocked"
"""Under which the session keeps the proofs of passwords that were given."""

MOST_UNLOCKED = 50


class PasswordWanted(Forbidden):
    """There is a video, and who watches it has to give its password first. ``slug``: at which."""

    default_code: ClassVar[str] = "password_needed"
    default_message = _("This video has a password. Open its page and enter it.")

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


def watch(viewer: Viewer, slug: str, *, unlocked: Collection[str] = frozenset()) -> Video:
    """A video that the viewer may watch: their own in whatever state (not in the trash), others' once something of it can be played.

    Raises NotFound, and PasswordWanted before its password.
    """
    row = _with_owner().present().filter(slug=_clean(slug)).first()
    if row is None:
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    if viewer.is_authenticated and row.owner_id == viewer.pk:
        return row
    if row.playable is None or row.published is None or not stands(row):
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    if row.privacy in (Video.Privacy.PUBLIC, Video.Privacy.UNLISTED):
        return row
    if row.privacy == Video.Privacy.PASSWORD:
        locked = lock(row)
        if any(locked.is_open(proof) for proof in unlocked):
            return row
        raise PasswordWanted(row.slug)
    if row.privacy == Video.Privacy.PEOPLE and viewer.is_authenticated and row.shown_to.filter(user=viewer.pk).exists():
        return row
    raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")


def stands(video: Video) -> bool:
    """Whether its owner may show anything now."""
    return video.owner.is_active and not video.owner.is_suspended


def lock(video: Video) -> Lock:
    return Lock("video", video.pk, video.password)


def locked(slug: str) -> Lock:
    """Of a video that stands behind a password for strangers. Raises NotFound."""
    row = _with_owner().present().filter(slug=_clean(slug), privacy=Video.Privacy.PASSWORD).first()
    if row is None or row.playable is None or row.published is None or not stands(row):
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    return lock(row)


def unlocked(request: HttpRequest) -> frozenset[str]:
    """The proofs in this visitor's session."""
    return frozenset(map(str, request.session.get(UNLOCKED, ())))


def remember(request: HttpRequest, proof: str) -> None:
    """That this visitor has given the password of a video."""
    known = [one for one in request.session.get(UNLOCKED, ()) if one != proof]
    request.session[UNLOCKED] = [*known, proof][-MOST_UNLOCKED:]


def own(user: Viewer, slug: str) -> Video:
    """A video that the user may change: their own, in the trash too. Raises NotFound; Forbidden for who merely may watch it."""
    row = _with_owner().filter(slug=_clean(slug)).first()
    if row is not None and user.is_authenticated and row.owner_id == user.pk and row.state != Video.State.REMOVED:
        return row
    if row is not None and user.is_authenticated:
        try:
            watch(user, slug)
        except PasswordWanted:
            pass
        else:
            raise Forbidden(code="not_yours")
    raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")


def own_by_id(user: Viewer, key: uuid.UUID | str) -> Video:
    """As :func:`own`, by the number of the row."""
    row = _with_owner().filter(pk=_key(key), owner=user.pk).exclude(state=Video.State.REMOVED).first()
    if row is None:
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    return row


def only_own(user: Viewer, slug: str) -> Video:
    """For programs, to whom others' videos are not there, whether they may be watched or not. Raises NotFound."""
    row = _with_owner().filter(slug=_clean(slug), owner=user.pk).exclude(state=Video.State.REMOVED).first()
    if row is None:
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video")
    return row


def videos_of(owner: User) -> "QuerySet[Video]":
    """One's own, those in the trash too."""
    return _with_owner().filter(owner=owner.pk).exclude(state=Video.State.REMOVED)


def visible(viewer: Viewer) -> "QuerySet[Video]":
    """What the viewer finds in lists and searches: public ones, one's own, and those shown to them by name. Once only, in no order."""
    rows = _with_owner().present().filter(playable__isnull=False)
    public = Q(privacy=Video.Privacy.PUBLIC, published__isnull=False) & at_large("owner__")
    if not viewer.is_authenticated:
        return rows.filter(public)
    shown = Q(privacy=Video.Privacy.PEOPLE, published__isnull=False) & at_large("owner__")
    named = Video.objects.filter(shown_to__user=viewer.pk).values("pk")
    return rows.filter(public | Q(owner=viewer.pk) | (shown & Q(pk__in=named)))


def channel(handle: str) -> Channel:
    """For everybody: a channel shows what its visitor may see. Raises NotFound."""
    row = Channel.objects.select_related("owner").filter(at_large("owner__"), handle=_clean(handle).lower()).first()
    if row is None:
        raise NotFound(str(NO_SUCH_CHANNEL), code="no_such_channel")
    return row


def category(slug: str) -> Category:
    """Raises NotFound."""
    row = Category.objects.filter(slug=_clean(slug)).first()
    if row is None:
        raise NotFound(str(_("There is no such category.")), code="no_such_category")
    return row


def own_channel(user: Viewer, handle: str) -> Channel:
    row = channel(handle)
    if not user.is_authenticated or row.owner_id != user.pk:
        raise Forbidden(code="not_yours")
    return row


def _with_owner() -> VideoQuerySet:
    # Both are large for long videos, and what makes them reads them by itself.
    return Video.objects.select_related("owner", "channel").defer("plan", "facts")


def _clean(text: str) -> str:
    # PostgreSQL refuses to be asked for one with a NUL.
    return text.replace("\x00", "")


def _key(text: uuid.UUID | str) -> uuid.UUID:
    if isinstance(text, uuid.UUID):
        return text
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(str(NO_SUCH_VIDEO), code="no_such_video") from None
