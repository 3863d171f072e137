"""Videos, as moderation names, reads and takes them down."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.models import User
from meatlizard.moderation.actions import reports
from meatlizard.moderation.models import Case
from meatlizard.moderation.services import Turn
from video import actions, addresses
from video.models import Video

SERVICE: Final = "videos"


def report(video: Video, reporter: User | None, address: str, reason: str, comment: str = "") -> Case:
    """Raises as :func:`meatlizard.moderation.actions.reports.report`."""
    return reports.report(
        reporter, address, service=SERVICE, target=f"video:{video.pk}", text=text_of(video), reason=reason, comment=comment,
        owner=video.owner_id,
    )  # fmt: skip


def text_of(video: Video) -> str:
    return "\n".join(
        [addresses.watch(video), video.title, video.description, ", ".join(video.tags.values_list("name", flat=True))]
    )


class VideoTexts:
    """See :class:`meatlizard.moderation.services.Service`."""

    label = _("videos")

    def read(self, target: str) -> str | None:
        video = _video(target)
        return None if video is None else text_of(video)

    def write(self, target: str, text: str) -> bool:
        """There is no half of a video to show: an empty text takes it down, any other leaves it."""
        return self.read(target) is not None if text else self.remove(target)

    def remove(self, target: str) -> bool:
        video = _video(target)
        return video is not None and actions.take_down(video)

    def around(self, target: str, place: str) -> Sequence[Turn]:
        return []


def _video(target: str) -> Video | None:
    kind, _colon, key = target.partition(":")
    try:
        return (
            Video.objects.exclude(state=Video.State.REMOVED).filter(pk=UUID(key)).first() if kind == "video" else None
        )
    except ValueError:
        return None
