"""Uploads that become the original of a video: the header by which its owner's page or program names it to the tus endpoint."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from files.asgi.asked import Asked
from files.safety import blocked
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, TooLarge
from video import access
from video.making import actions as making
from video.models import Video

HEADER: Final = "x-upload-video"
ENDPOINT: Final = "/files/uploads/"
TAKING: Final = (Video.State.DRAFT, Video.State.UPLOADING, Video.State.CANCELLED, Video.State.FAILED)


@dataclass(frozen=True, slots=True)
class VideoGrant:
    """See :class:`files.asgi.who.ContentGrant`."""

    video: Video

    @property
    def mark(self) -> str:
        return f"video {self.video.slug}"

    @property
    def owner(self) -> User:
        return self.video.owner

    @property
    def folder(self) -> UUID | None:
        return None

    def admit(self, size: int | None, name: str) -> None:
        if size is not None and size > settings.VIDEO_MAX_BYTES:
            limit = filesizeformat(settings.VIDEO_MAX_BYTES)
            raise TooLarge(_("A video has up to {limit} here.").format(limit=limit), code="video_too_large")
        rows = Video.objects.filter(pk=self.video.pk, blob=None, trashed=None, state__in=TAKING)
        changes = {"original_name": name[:255], "original_size": size or 0}
        if not rows.update(state=Video.State.UPLOADING, error="", changed=timezone.now(), **changes):
            raise Invalid(_("This video has its content already, or is deleted."), code="video_has_content")

    def stored(self, file: Any) -> None:
        raise NotImplementedError("no file is stored by this grant")

    def keep(self, blob: Any, name: str, reservation: UUID | None) -> None:
        if blob.state == blob.State.QUARANTINED:
            raise Invalid(_("This content was found to be harmful, and is not stored."), code="quarantined")
        blocked.refuse(name, blob)
        making.begin(self.video, blob, name, reservation)


def recognise(asked: Asked, user: User | None) -> VideoGrant | None:
    """Raises NotFound for a video that is not theirs."""
    slug = asked.headers.get(HEADER, "")
    if not slug:
        return None
    if user is None:
        raise Forbidden(_("Sign in, then go on."), code="signed_out")
    return VideoGrant(access.own(user, slug))
