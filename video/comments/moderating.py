"""Comments on videos, as moderation names, reads and changes them."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from meatlizard.moderation.services import Turn
from video.comments import actions
from video.comments.texts import html_of
from video.models import VideoComment


class CommentTexts:
    """See :class:`meatlizard.moderation.services.Service`."""

    label = _("comments on videos")

    def read(self, target: str) -> str | None:
        row = _comment(target)
        return None if row is None else row.text

    def write(self, target: str, text: str) -> bool:
        row = _comment(target)
        if row is None or not text:
            return row is not None and actions.blank(row)
        return bool(
            VideoComment.objects.filter(pk=row.pk).exclude(state="removed").update(text=text, html=html_of(text))
        )

    def remove(self, target: str) -> bool:
        row = _comment(target)
        return row is not None and actions.blank(row)

    def around(self, target: str, place: str) -> Sequence[Turn]:
        """The video, and what it answers."""
        row = _comment(target)
        if row is None:
            return []
        turns = [Turn(str(_("video")), f"{row.video.title}\n{row.video.description}"[:2_000])]
        before = row.answers
        if before is not None and before.state == VideoComment.State.SHOWN:
            turns.append(Turn(before.author.get_username() if before.author else "", before.text[:2_000]))
        return turns


def _comment(target: str) -> VideoComment | None:
    kind, _colon, key = target.partition(":")
    if kind != "comment":
        return None
    rows = VideoComment.objects.select_related("video", "answers__author").exclude(state=VideoComment.State.REMOVED)
    return rows.filter(public_id=key).first()
