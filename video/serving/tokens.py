"""What in the address of a stream says who may have it.

Of a public video that is ``-``, the same for everybody, so that caches between keep it. Otherwise it names the video, who watches, and the proof
of its password if they gave one; it is signed and holds for :data:`LIFE_SECONDS`. It says who somebody is and not what they may: that is looked
at anew with what is asked for, by :func:`video.access.watch`.
"""

import binascii
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.utils.crypto import constant_time_compare

from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from video import access
from video.access import NO_SUCH_VIDEO, PasswordWanted, Viewer
from video.models import Video

PUBLIC: Final = "-"
LIFE_SECONDS: Final = 12 * 3_600
"""A film with a long pause in it; players fetch new addresses after that."""

_SALT: Final = "video.stream"
_MARK: Final = 16
"""Letters of the session's hash: with another password of the account the old sessions end, and so do their streams."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A video that may be had now by ``viewer``. ``public``: by everybody."""

    video: Video
    public: bool
    viewer: Viewer


def issue(video: Video, viewer: Viewer, unlocked: Collection[str] = frozenset(), *, personal: bool = False) -> str:
    """For somebody who may watch it. ``personal``: says who they are even where everybody may."""
    if is_public(video) and not personal:
        return PUBLIC
    proof = next((one for one in unlocked if access.lock(video).is_open(one)), "") if video.password else ""
    number, mark = (viewer.pk, _mark(viewer)) if isinstance(viewer, User) else (0, "")
    return signing.dumps([video.pk.hex, number, mark, proof], salt=_SALT)


def is_public(video: Video) -> bool:
    """Whether everybody may watch it, and may know that it is there."""
    if video.privacy != Video.Privacy.PUBLIC or video.playable is None or video.published is None:
        return False
    return video.trashed is None and video.state != Video.State.REMOVED and access.stands(video)


def redeem(slug: str, token: str) -> Admitted:
    """What the address is of, now. Raises NotFound for what is over, made up, of another video, or not for them any more."""
    viewer, proofs, video = (AnonymousUser(), frozenset(), None) if token == PUBLIC else _read(token)
    try:
        found = access.watch(viewer, slug, unlocked=proofs)
    except PasswordWanted:
        raise nothing() from None
    public = is_public(found)
    if (video is None and not public) or (video is not None and video != found.pk):
        raise nothing()
    return Admitted(found, public, viewer)


def nothing() -> NotFound:
    return NotFound(str(NO_SUCH_VIDEO), code="no_such_video")


def _read(token: str) -> tuple[Viewer, frozenset[str], uuid.UUID | None]:
    try:
        video, number, mark, proof = signing.loads(token, salt=_SALT, max_age=LIFE_SECONDS)
        key = uuid.UUID(hex=video)
    except (signing.BadSignature, ValueError, TypeError, AttributeError, binascii.Error):
        raise nothing() from None
    viewer: Viewer = AnonymousUser()
    if number:
        person = User.objects.filter(pk=number, is_active=True).first()
        if person is None or person.is_suspended or not constant_time_compare(mark, _mark(person)):
            raise nothing()
        viewer = person
    return viewer, frozenset({proof} if proof else ()), key


def _mark(person: User) -> str:
    return str(person.get_session_auth_hash())[:_MARK]
