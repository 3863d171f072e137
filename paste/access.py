"""The one door to pastes. A stranger gets the same "not found" for what is not theirs as for what does not exist."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from meatlizard.kept_sql import KeptSelect, given
from paste.models import Collection, Comment, File, Paste, PasteQuerySet, Revision

Viewer: TypeAlias = User | AnonymousUser
Makers = Literal["members", "everyone"]

NO_SUCH_PASTE = _(
    "There is no such paste. It may be past its time, have been read as often as it could be, or be deleted."
)


def makers() -> Makers:
    """Who may make pastes."""
    return cast(Makers, settings.PASTE_CREATE)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _name(text: str) -> str:
    # PostgreSQL refuses to be asked for one with a NUL.
    return text.replace("\x00", "")


def may_make(viewer: Viewer) -> bool:
    return viewer.is_authenticated or makers() == "everyone"


def readable() -> PasteQuerySet:
    """Neither deleted, expired nor spent, and not of somebody who is suspended."""
    return Paste.objects.standing().filter(Q(owner=None) | at_large("owner__"))


def listed() -> PasteQuerySet:
    """What strangers find without its address."""
    return readable().filter(privacy=Paste.Privacy.PUBLIC, sealed=False, views_left=None)


def access_paste(viewer: Viewer, slug: str, *, write: bool = False) -> Paste:
    """Raises NotFound; with ``write`` Forbidden for who may read it and is not its owner.

    It neither asks for the password (:func:`paste.actions.is_unlocked`) nor uses up a view (:func:`paste.actions.claim_view`).
    """
    row = readable().select_related("owner").filter(slug=_name(slug)).first()
    if row is None or (row.privacy == Paste.Privacy.PRIVATE and not is_owner(viewer, row)):
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    if write and not is_owner(viewer, row):
        raise Forbidden(gettext("This paste is somebody else's."), code="not_yours")
    return row


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a paste's row decides who reads it, and what changes when its page does."""

    paste: int
    state: str
    privacy: str
    sealed: bool
    views_left: int | None
    expires: datetime.datetime | None
    updated: datetime.datetime
    comments: int
    stars: int
    active: bool | None
    suspended: datetime.datetime | None

    @property
    def for_everybody(self) -> bool:
        """Whether each visitor with the address gets the same now."""
        now = timezone.now()
        return (
            self.state == Paste.State.READY
            and self.privacy in (Paste.Privacy.PUBLIC, Paste.Privacy.UNLISTED)
            and self.views_left is None
            and (self.expires is None or self.expires > now)
            and self.active is not False
            and (self.suspended is None or self.suspended <= now)
        )


_STANDING = KeptSelect(
    lambda: Paste.objects.filter(slug=given(Paste, "slug")).order_by().values_list(
        "pk", "state", "privacy", "sealed", "views_left", "expires", "updated", "comments_count", "stars", "owner__is_active",
        "owner__suspended_until",
    )
)  # fmt: skip


def standing_of(slug: str) -> Standing | None:
    """One query by the name in the address."""
    row = _STANDING.first(slug=slug)
    return Standing(*row) if row is not None else None


def is_owner(viewer: Viewer, paste: Paste) -> bool:
    return viewer.is_authenticated and paste.owner_id == viewer.pk


def access_by_token(slug: str, token: str) -> Paste:
    """By the token that was given to whoever made it. Raises NotFound for no such paste, Forbidden for another's token."""
    row = readable().filter(slug=_name(slug)).first()
    right = row is not None and row.deletion_hash and constant_time_compare(token_hash(token), row.deletion_hash)
    if row is None or (row.privacy == Paste.Privacy.PRIVATE and not right):
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    if not right:
        raise Forbidden(gettext("This is not the token that deletes this paste."), code="wrong_token")
    return row


def access_claimed(slug: str) -> Paste:
    """One that may have been spent just now, for who proves to have been its reader (:func:`paste.actions.has_claimed`). What was taken
    away since (made private, ended, taken down, its owner suspended) is so for readers, too."""
    now = timezone.now()
    row = (
        Paste.objects.select_related("owner")
        .filter(
            Q(state=Paste.State.READY) | Q(state=Paste.State.SPENT, views_left=0, purge_at__gt=now),
            Q(expires=None) | Q(expires__gt=now),
            Q(owner=None) | at_large("owner__"),
            slug=_name(slug),
        )
        .exclude(privacy=Paste.Privacy.PRIVATE)
        .first()
    )
    if row is None:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return row


def access_deleted(viewer: User, slug: str) -> Paste:
    """One's own that can still be brought back."""
    row = deleted_of(viewer).filter(slug=_name(slug)).first()
    if row is None:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return row


def access_revision(viewer: Viewer, paste: Paste, number: int) -> Revision:
    """Raises NotFound also for what stood there before the paste was public, but for its owner: no rule has looked at that."""
    row = Revision.objects.select_related("author").filter(paste=paste.pk, number=number).first()
    if row is None or number < first_shown(viewer, paste):
        raise NotFound(gettext("This paste has no such revision."), code="no_such_revision")
    return row


def first_shown(viewer: Viewer, paste: Paste) -> int:
    """The first revision that somebody may read."""
    return 1 if is_owner(viewer, paste) else paste.shown_since


def access_file(paste: Paste, number: int, revision: int | None = None) -> File:
    """The file of a revision by its place, from 1."""
    files = files_of(paste, revision)
    if not 1 <= number <= len(files):
        raise NotFound(gettext("This paste has no such file."), code="no_such_file")
    return files[number - 1]


def files_of(paste: Paste, revision: int | None = None) -> list[File]:
    """In their order."""
    return list(File.objects.filter(paste=paste.pk).of_revision(revision or paste.revision))


def access_comment(paste: Paste, public_id: str) -> Comment:
    row = Comment.objects.filter(paste=paste.pk, public_id=_name(public_id)).first()
    if row is None:
        raise NotFound(gettext("There is no such comment."), code="no_such_comment")
    return row


def access_collection(viewer: Viewer, slug: str, *, write: bool = False) -> Collection:
    row = Collection.objects.select_related("owner").filter(slug=_name(slug)).first()
    mine = row is not None and row.owner_id == viewer.pk
    if row is None or not (mine or (row.public and not row.owner.is_suspended and row.owner.is_active)):
        raise NotFound(gettext("There is no such collection."), code="no_such_collection")
    if write and not mine:
        raise Forbidden(gettext("This collection is somebody else's."), code="not_yours")
    return row


def readable_by(viewer: Viewer) -> Q:
    """Of pastes that are reached by a list, not by their address: one's own, and public ones."""
    public = Q(privacy=Paste.Privacy.PUBLIC, sealed=False, views_left=None)
    return public | Q(owner=viewer.pk) if viewer.is_authenticated else public


def pastes_of(viewer: User) -> PasteQuerySet:
    return readable().filter(owner=viewer.pk)


def deleted_of(viewer: User) -> "QuerySet[Paste]":
    return Paste.objects.filter(owner=viewer.pk, state=Paste.State.DELETED, purge_at__gt=timezone.now())
